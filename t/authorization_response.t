# authorization_response.t: what comes back from the provider through the browser, and who says so
# (RFC 6749 4.1.2, 9207, 9700; attacks 1 to 19).
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Attack;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;
use URI;

my $site = site('attack');
my $page = "$site/app/page.html";
my $back = "$site/login/callback";

# A browser with a login under way, and the callback URL that would end it.
sub under_way {
    my $browser = browser();
    return ($browser, $browser->until($page, qr{/login/callback}));
}

sub no_exchange {
    my ($browser, $answer, $status) = @_;
    is $answer->code, $status // 400, 'refused';
    is scalar calls_to('/oauth2/token'), 0, 'no request to the token endpoint';
    unharmed($browser, $page, $answer);
    return;
}

subtest 'attack 1: a callback without state' => sub {
    faults('authorize.state_absent');
    my ($browser, $url) = under_way();
    no_exchange($browser, $browser->visit($url));
};

subtest 'attack 1: a callback out of nowhere' => sub {
    faults();
    my $browser = browser();
    no_exchange($browser, $browser->visit("$back?code=abc&state=def"));
    no_exchange($browser, $browser->visit($back));
    no_exchange($browser, $browser->visit("$back?"));
    no_exchange($browser, $browser->visit("$back?&&"));
};

subtest 'attack 2: the state of another browser (login CSRF)' => sub {
    faults();
    my ($attacker, $url) = under_way();
    my $innocent = browser();
    no_exchange($innocent, $innocent->visit($url));
    my ($slot) = login_cookies($attacker);
    my $victim;
    do { ($victim) = under_way() } while (login_cookies($victim))[0] eq $slot;
    no_exchange($victim, $victim->visit($url));
};

# This is how it looks when two tabs of one browser begin at the same moment.
subtest 'attack 2: the state of another browser, whose slot is that of a login of this one' => sub {
    my ($attacker, $url) = under_way();
    my ($slot) = login_cookies($attacker);
    my $victim;
    do { ($victim) = under_way() } until (login_cookies($victim))[0] eq $slot;
    faults();
    my ($state) = $url =~ /\bstate=([^&]*)/;
    my $answer = $victim->get($url);
    is $answer->code, 302, 'sent away';
    like $answer->header('Location'), qr{/authorize\?}, 'to a login of its own';
    unlike $answer->header('Location'), qr/\Q$state\E/, 'with a state of its own';
    is scalar calls_to('/oauth2/token'), 0, 'the code goes nowhere';
    unharmed($victim, $page, $answer);
};

subtest 'attack 3: the same callback again, in the browser that is signed in' => sub {
    faults();
    my ($browser, $url) = under_way();
    is $browser->visit($url)->code, 200, 'signed in';
    my $cookie = session_cookie($browser);
    faults();
    my $again = $browser->get($url);
    is $again->code, 302, 'sent away';
    is $again->header('Location'), "$site/", 'home';
    is scalar calls(), 0, 'no request to the provider';
    is session_cookie($browser), $cookie, 'the session is the same';
    ok signed_in($browser, $page), 'and alive';
};

subtest 'attack 3: the same callback again, with a copy of the login cookie' => sub {
    faults();
    my ($browser, $url) = under_way();
    my $thief = $browser->clone;
    is $browser->visit($url)->code, 200, 'signed in';
    faults();
    no_exchange($thief, $thief->visit($url));
};

subtest 'attack 3: a callback whose login failed cannot be tried again' => sub {
    faults('token.invalid_grant');
    my ($browser, $url) = under_way();
    my $thief = $browser->clone;
    is $browser->visit($url)->code, 400, 'failed';
    faults();
    no_exchange($thief, $thief->visit($url));
};

# Every single character, so that no part of the cookie is one that does not matter.
subtest 'attack 4: a login cookie that was tampered with' => sub {
    faults();
    my ($browser, $url) = under_way();
    my ($name) = login_cookies($browser);
    my $good = { $browser->cookies }->{$name};
    my %codes;
    for my $at (0 .. length($good) - 1) {
        my $bad = $good;
        substr($bad, $at, 1) = substr($bad, $at, 1) eq 'A' ? 'B' : 'A';
        $browser->set_cookie($name, $bad);
        $codes{ $browser->get($url)->code }++;
    }
    is_deeply \%codes, { 400 => length $good }, 'a changed character anywhere';
    %codes = ();
    for my $bad ('', 'x', substr($good, 0, -1), substr($good, 1), "$good=", "$good.", "${good}AAAA", $good x 3, '"') {
        $browser->set_cookie($name, $bad);
        $codes{ $browser->get($url)->code }++;
    }
    is_deeply \%codes, { 400 => 9 }, 'cut, extended, empty';
    is scalar calls_to('/oauth2/token'), 0, 'no request to the token endpoint';
    $browser->set_cookie($name, $good);
    is $browser->visit($url)->code, 200, 'unchanged it would have worked all along';
};

subtest 'attack 4: a login cookie sealed with another key' => sub {
    faults();
    my $other = browser();
    $other->until(site('tutorial') . '/profile', qr{/(?:auth|interaction)});
    my ($name) = login_cookies($other);
    my ($browser, $url) = under_way();
    $browser->drop_cookie($_) for login_cookies($browser);
    $browser->set_cookie($name, { $other->cookies }->{$name});
    no_exchange($browser, $browser->visit($url));
};

subtest 'attack 4: a login cookie of another virtual host' => sub {
    faults();
    my $browser = browser();
    my $url = $browser->until(site('app') . '/app/page.html', qr{/login/callback});
    $url =~ s/^\Q@{[site('app')]}\E/$site/;
    my $answer = $browser->visit($url);
    like $answer->code, qr/^40[01]$/, 'refused';
    is scalar calls_to('/oauth2/token'), 0, 'no request to the token endpoint';
    unharmed($browser, $page, $answer);
};

subtest 'attack 4: a login that took longer than a login cookie lives' => sub {
    faults();
    my $own = PlusAuth::Site->new('late', config => "PlusAuthKey 8Fq2mVwZ1nT7cXbR5sKdLhJpYgUaEo3i\n")->start; # kept over restarts
    my ($browser, $too_late) = map { browser() } 1, 2;
    my $url = $browser->until($own->page, qr{/login/callback});
    my $url_too_late = $too_late->until($own->page, qr{/login/callback});
    $own->restart_at(10 * 60);
    is $browser->visit($url)->code, 200, 'ten minutes are fine';
    $own->restart_at(16 * 60);
    faults();
    my $answer = $too_late->visit($url_too_late);
    is $answer->code, 400, 'sixteen are not: no loop, but a page';
    like page_text($answer), qr/sign in again/, 'that says what to do';
    is scalar calls(), 0, 'no request to the provider';
    is $too_late->visit($own->page)->code, 200, 'which works';
};

subtest 'attack 5: fifty logins at once' => sub {
    faults();
    my $browser = browser();
    my @urls = map { $browser->until($page, qr{/login/callback}) } 1 .. 50;
    my %cookies = $browser->cookies;
    my @names = login_cookies($browser);
    cmp_ok @names, '<=', 8, @names . ' login cookies';
    cmp_ok @names, '>=', 2, 'several tabs are possible';
    cmp_ok length("$_=$cookies{$_}"), '<=', 400, "$_ is small" for @names;
    my $late = $browser->clone;
    my (%codes, %again);
    for my $url (@urls[0 .. 9]) {
        my $answer = $late->get($url);
        $codes{ $answer->code }++;
        $again{ $late->get($url)->code }++;
        like $answer->header('Location'), qr{/authorize\?}, 'one of the oldest is forgotten: it begins again';
    }
    is_deeply \%codes, { 302 => 10 }, 'they all do';
    is_deeply \%again, { 400 => 10 }, 'once';
    is scalar(login_cookies($late)), scalar(@names), 'with no cookie more';
    is scalar calls_to('/oauth2/token'), 0, 'their codes go nowhere';
    is $browser->visit($urls[-1])->code, 200, 'the last works';
};

subtest 'attack 5: a return path that is too long for the cookie' => sub {
    faults();
    my $browser = browser();
    my $answer = $browser->visit("$page?" . 'x=1&' x 500);
    is $answer->code, 200, 'signed in';
    my %cookies = $browser->cookies;
    cmp_ok length("$_=$cookies{$_}"), '<=', 400, "$_ is small" for login_cookies($browser);
};

refused_all { status => 400, uncalled => '/oauth2/token' },
    [6, 'iss of another provider', 'authorize.iss_wrong', log => qr/\biss\b/],
    [6, 'iss with a trailing slash', 'authorize.iss_slash', log => qr/\biss\b/],
    [6, 'iss empty', 'authorize.iss_empty', log => qr/\biss\b/],
    [6, 'iss absent though advertised', 'authorize.iss_absent', log => qr/\biss\b/],
    [7, 'iss not advertised, and wrong', 'authorize.iss_wrong', at => 'discovery.iss_unadvertised',
        log => qr/\biss\b/],
    [11, 'code and error together', 'authorize.code_and_error'],
    [11, 'neither code nor error', 'authorize.code_absent'],
    [11, 'code empty', 'authorize.code_empty'],
    [11, 'code twice', 'authorize.code_twice'],
    [11, 'state twice', 'authorize.state_twice'],
    [11, 'iss twice', 'authorize.iss_twice'],
    [1, 'a state that nobody sent', 'authorize.state_wrong'],
    [14, 'code with NUL', 'authorize.code_nul'],
    [15, 'JARM that was not asked for', 'authorize.jarm'];

accepted 7, 'iss not advertised, and absent', 'authorize.iss_absent',
    at => 'discovery.iss_unadvertised';

# They have the same secret, and a browser sends the cookies of a host to all its ports.
subtest 'attack 8: mix-up: the answer to a login of another virtual host' => sub {
    faults();
    my $browser = browser();
    my $callback = $browser->until(site('attack') . '/app/page.html', qr{/login/callback});
    my $other = site('app') . ($callback =~ s{^\w+://[^/]+}{}r);
    my $mark = log_mark();
    is $browser->get($other)->code, 400, 'is refused';
    like log_since($mark), qr/no login of this browser has its state/, 'as no login of this one';
    is scalar calls_to('/oauth2/token'), 0, 'and its code goes nowhere';
};

subtest 'attack 8: mix-up: the code of one provider with the state of another' => sub {
    my $tenants = site('tenants');
    faults();
    my $browser = browser();
    my $of_a = URI->new($browser->until("$tenants/a/page.html", qr{/login/callback}));
    my $of_b = URI->new($browser->until("$tenants/b/page.html", qr{/login/callback}));
    my %a = $of_a->query_form;
    my %b = $of_b->query_form;
    isnt $a{iss}, $b{iss}, 'two providers';
    faults();
    for my $iss ($b{iss}, undef) {
        my $mixed = URI->new("$tenants/login/callback");
        $mixed->query_form(code => $b{code}, state => $a{state}, $iss ? (iss => $iss) : ());
        my $answer = $browser->clone->get($mixed->as_string);
        is $answer->code, 400, 'refused ' . ($iss ? 'with its iss' : 'without iss');
        faults() if calls();
    }
    is scalar calls_to('/oauth2/token'), 0, 'no token endpoint was asked';
    my $answer = $browser->visit($of_b->as_string);
    is $answer->code, 200, 'where it belongs the code is good';
    ok signed_in($browser, "$tenants/b/page.html"), 'for the places of its provider';
    isnt $browser->get("$tenants/a/page.html")->code, 200, 'and for no others';
};

subtest 'attack 9: an error from the provider' => sub {
    faults('authorize.access_denied');
    my ($browser, $url) = under_way();
    my $answer = $browser->visit($url);
    no_exchange($browser, $answer, 403);
    unlike $answer->decoded_content, qr/<script/i, 'its description is not markup here';
    my $good = URI->new($url);
    $good->query_form(code => 'abc', state => { $good->query_form }->{state});
    is $browser->get($good->as_string)->code, 400, 'the state is used up';
    is scalar calls_to('/oauth2/token'), 0, 'still no request to the token endpoint';
};

refused 9, 'server_error', 'authorize.server_error', status => 400, uncalled => '/oauth2/token';
refused 9, 'an error that is markup', 'authorize.error_markup', status => 400,
    uncalled => '/oauth2/token', also => sub {
        my ($browser, $answer) = @_;
        unlike $answer->decoded_content, qr/<script>alert/i, 'escaped';
    };

subtest 'attack 10: an error with a bad state shows nothing of what it says' => sub {
    faults();
    my $browser = browser();
    for my $state ('', '&state=x', '&state=' . 'x' x 43) {
        my $answer = $browser->get("$back?error=PWNED&error_description=PWNED&error_uri=https://pwned.example$state");
        is $answer->code, 400, 'refused';
        unlike $answer->decoded_content, qr/pwned/i, 'nothing reflected';
    }
    my $answer = $browser->fetch("$back?error=PWNED&error_description=PWNED");
    is $answer->code, 400, 'refused as JSON too';
    unlike $answer->content, qr/pwned/i, 'nothing reflected';
};

subtest 'attack 12: the wrong channel' => sub {
    faults();
    my ($browser, $url) = under_way();
    my %answer = URI->new($url)->query_form;
    my $posted = $browser->post($back, \%answer, site => 'cross-site');
    like $posted->code, qr/^40[05]$/, 'form_post where query was asked for';
    is $browser->get("$back#" . URI->new($url)->query)->code, 400, 'a fragment that stays in the browser';
    is scalar calls_to('/oauth2/token'), 0, 'no request to the token endpoint';
    is $browser->visit($url)->code, 200, 'the login itself is unharmed';
};

subtest 'attack 13: a large body at the callback' => sub {
    faults();
    my $browser = browser();
    my $sent = 0;
    my $answer = $browser->request('POST', $back, ['Content-Type' => 'text/plain',
        'Transfer-Encoding' => 'chunked'], sub { return $sent++ < 160 ? 'x' x 65536 : '' });
    like $answer->code, qr/^4\d\d$/, '10 MB in chunks: ' . $answer->code;
    is $browser->post($back, {}, 'Content-Type' => undef)->code, 405, 'no body, no type';
    is browser()->visit($page)->code, 200, 'the server goes on';
};

for my $case (['CRLF', 'code_crlf', "abc\r\nX-Evil: 1\r\n\r\nGET /stolen HTTP/1.1"],
    ['form syntax', 'code_ampersand', 'abc&client_id=other&code_verifier=x']) {
    my ($name, $fault, $code) = @$case;
    subtest "attack 14: code with $name" => sub {
        faults("authorize.$fault");
        my ($browser, $url) = under_way();
        my $answer = $browser->visit($url);
        is $answer->code, 400, 'refused';
        for my $call (calls_to('/oauth2/token')) {
            is $call->{form}{code}, $code, 'sent as one value';
            ok !exists $call->{headers}{'x-evil'}, 'no header made of it';
            isnt $call->{form}{code_verifier}, 'x', 'no field made of it';
        }
        unharmed($browser, $page, $answer);
    };
}
is browser()->get("$back?code=" . 'c' x 65536)->code, 414, 'attack 14: code of 64 kB';
refused 14, 'code of 6 kB', 'authorize.code_long', status => 400;

# Attack 18: wherever the browser came from and whatever it asked for, it ends up on this server.
my @evil = ('https://evil.example/', '//evil.example/', '/\\evil.example/', '\\\\evil.example/',
    'https:evil.example', "\t//evil.example/", '/%09/evil.example/', '/%5cevil.example/',
    "/\r\nLocation: https://evil.example/", 'https://localhost@evil.example/', '///evil.example/',
    '/.//evil.example/', 'javascript:alert(1)', 'data:text/html,x', '', '?x', '#x', '/app/../..//evil.example');
for my $evil (@evil) {
    my $shown = $evil =~ s/[\r\n\t]/?/gr;
    subtest "attack 18: return to '$shown'" => sub {
        faults();
        my $browser = browser();
        my $url = URI->new("$site/login");
        $url->query_form(map { $_ => $evil } qw(return_to redirect_uri next returnTo destination));
        $browser->visit($url->as_string);
        my @away = grep { defined && !m{^\Q$site\E/(?![/\\])} && !m{^http://127\.0\.0\.1:\d+/i/attack/authorize\?} }
            map { scalar $_->header('Location') } @{ $browser->{trail} };
        is_deeply \@away, [], 'never sent anywhere else';
        is scalar(grep { $_->header('X-Evil') || @{[$_->header('Location')]} > 1 } @{ $browser->{trail} }), 0,
            'and no header was split';
        ok signed_in($browser, $page), 'the login worked';
    };
}

for my $path ('//evil.example/app/page.html', '/app//evil.example/..%2f', '/app/page.html/\\evil.example',
    '/app/%0d%0aX-Evil:1', '/app/page.html?next=//evil.example', '//app/page.html', '/\\evil.example/app') {
    subtest "attack 18: deep link $path" => sub {
        faults();
        my $browser = browser();
        $browser->visit("$site$path");
        my @away = grep { defined && !m{^\Q$site\E/(?![/\\])} && !m{^http://127\.0\.0\.1:\d+/i/attack/authorize\?} }
            map { scalar $_->header('Location') } @{ $browser->{trail} };
        is_deeply \@away, [], 'never sent anywhere else';
        ok !(grep { defined $_->header('X-Evil') } @{ $browser->{trail} }), 'no header was split';
    };
}

subtest 'attack 18: a forged Host header does not move the callback' => sub {
    faults();
    my $browser = browser();
    my $first = $browser->get($page, Host => 'evil.example');
    my @locations = ($first->header('Location') // '');
    unlike "@locations", qr/evil\.example/, 'not sent there';
    my $next = $browser->get($page, Host => 'evil.example');
    unlike $next->header('Location') // '', qr/evil\.example/, 'nor the second time';
    unlike $next->decoded_content, qr/evil\.example/, 'nor by a link';
};

# OpenID Connect Core section 4: the issuer of this site.
sub issuer_of_site {
    my ($location) = browser()->get($page)->header('Location');
    return $location =~ s{/authorize\?.*}{}r;
}

for my $method ('GET', 'POST') {
    my $initiate = sub {
        my ($browser, %parameters) = @_;
        return $browser->post("$site/login", \%parameters, site => 'cross-site') if $method eq 'POST';
        my $url = URI->new("$site/login");
        $url->query_form(%parameters);
        return $browser->get($url->as_string, site => 'cross-site');
    };

    subtest "a third party initiates a login by $method" => sub {
        faults();
        my $browser = browser();
        my $answer = $initiate->($browser, iss => issuer_of_site(), login_hint => 'ada', target_link_uri => $page);
        like $answer->header('Location'), qr/[?&]login_hint=ada(?:&|$)/, 'sent to the provider with the hint';
        is $browser->visit($answer->header('Location'))->code, 200, 'signed in';
        like $browser->{trail}[-1]{seen_url}, qr/^\Q$page\E/, 'and where it was meant to go';
    };

    subtest "attack 19: by $method, for an issuer that is not ours" => sub {
        faults();
        my $answer = $initiate->(browser(), iss => 'https://evil.example', login_hint => 'ada');
        is $answer->code, 400, 'refused';
        is scalar calls(), 0, 'nobody was asked';
    };

    subtest "attack 19: by $method, to a place that is not ours" => sub {
        faults();
        for my $target ('https://evil.example/', '//evil.example/', "$site.evil.example/", "$site\@evil.example/",
            "${site}1/", '/\\evil.example') {
            is $initiate->(browser(), target_link_uri => $target)->code, 400, "refused: $target";
        }
    };

    subtest "attack 19: by $method, it cannot add to the request" => sub {
        faults();
        my $answer = $initiate->(browser(), login_hint => 'ada&prompt=none&redirect_uri=https://evil.example/',
            scope => 'openid admin', client_id => 'other', prompt => 'none');
        my %said = URI->new($answer->header('Location'))->query_form;
        ok !exists $said{prompt}, 'no prompt';
        is $said{client_id}, 'client', 'our client_id';
        is $said{redirect_uri}, $back, 'our redirect_uri';
        is $said{scope}, 'openid profile email', 'our scope';
    };
}

subtest 'a third party names an issuer that has several clients here' => sub {
    my $issuer = 'http://127.0.0.1:' . vars('faulty_port') . '/i/logout';
    my %said = URI->new(browser()->get(site('logout') . "/login?iss=$issuer")->header('Location'))->query_form;
    is $said{client_id}, 'client', 'it is the one of this place';
};

subtest 'what a login may ask for' => sub {
    faults();
    my $browser = browser();
    my $answer = $browser->get("$site/login?ui_locales=tr&acr_values=mfa&max_age=300&prompt=login&other=x");
    my %said = URI->new($answer->header('Location'))->query_form;
    is $said{ui_locales}, 'tr', 'ui_locales';
    is $said{acr_values}, 'mfa', 'acr_values';
    is $said{max_age}, '300', 'max_age';
    is $said{prompt}, 'login', 'prompt';
    ok !exists $said{other}, 'and nothing that is not on the list';
    is $browser->visit($answer->header('Location'))->code, 200, 'and it works';
    unlike browser()->get("$site/login?login_hint=%FF")->header('Location'), qr/login_hint/,
        'nor what is no UTF-8, which no request object could hold';
};

for my $fault ('auth_time_missing', 'auth_time_old') {
    subtest "attack 38: max_age was asked for: $fault" => sub {
        faults("claims.$fault");
        my $browser = browser();
        is $browser->visit("$site/login?max_age=300")->code, 401, 'refused';
        ok !signed_in($browser, $page), 'and nobody is signed in';
    };
}

refused(38, "max_age is configured: $_", "claims.$_", at => 'max_age', log => qr/auth_time/)
    for 'auth_time_missing', 'auth_time_old';

for my $case ([100, 100], [86400, 300]) {
    my ($asked, $sent) = @$case;
    my $answer = browser()->get(site('brief') . "/login?max_age=$asked");
    my %said = URI->new($answer->header('Location'))->query_form;
    is $said{max_age}, $sent, "max_age is 300, a visitor asks for $asked";
}

subtest 'registration leads to the provider' => sub {
    faults();
    my $location = browser()->get("$site/register")->header('Location');
    like $location, qr{/authorize\?}, 'to its login page, where it knows no prompt=create';
    unlike $location, qr/prompt=/, 'and without a prompt that it would refuse';
};

done_testing;
