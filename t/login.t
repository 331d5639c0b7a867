# login.t: the tutorial from front to back with the provider that has real pages, and what a login is
# made of.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use HTTP::Tiny;
use PlusAuth::Test;
use Test::More;
use URI;

my $tutorial = site('tutorial');

sub provider_requests {
    my $url = 'http://127.0.0.1:' . vars('provider_port') . '/_test/requests';
    return JSON::PP::decode_json(HTTP::Tiny->new->get($url)->{content});
}

# From a page that wants a login to the page that follows it, through the provider's forms.
sub sign_in {
    my ($browser, $url, $name) = @_;
    my $form = $browser->visit($url);
    return $browser->submit($form, login => $name, password => 'anything');
}

subtest 'an anonymous visitor' => sub {
    my $browser = browser();
    my $home = $browser->visit("$tutorial/");
    is $home->code, 200, 'the home page';
    like page_text($home), qr/\Q$_\E/, $_
        for 'Plusauth Starter', 'Hello, world!', 'This is a template for a simple login/register system.',
        'To view Profile page please login.', 'Login/Register »';
    like $home->decoded_content, qr{<a\b[^>]*href="/login"}, 'with a link to the login';
    unlike page_text($home), qr/Logged in as|Logout|View Profile/, 'and none of a user';
    is_deeply { $browser->cookies }, {}, 'gets no cookie';
    like $home->header('Content-Security-Policy'), qr/default-src 'none'/, 'a strict content security policy';
    unlike $home->decoded_content, qr/<script|https?:\/\/(?!www\.w3\.org)/, 'no script, nothing from elsewhere';
};

subtest 'sign in by the link of the home page, and out again' => sub {
    my $browser = browser();
    my $home = sign_in($browser, "$tutorial/login", 'grace');
    is $home->{seen_url}, "$tutorial/", 'back on the home page';
    is $home->code, 200, 'which is there';
    my $text = page_text($home);
    like $text, qr/Logged in as: grace/, 'it greets';
    like $text, qr/View Profile »/, 'it links to the profile';
    like $text, qr/Logout/, 'and to logout';
    unlike $text, qr{Login/Register}, 'but not to login';
    my $profile = $browser->visit("$tutorial/profile");
    is $profile->code, 200, 'the profile page';
    $text = page_text($profile);
    like $text, qr/Welcome grace\@example\.com !|Welcome grace\@example\.com!/, 'welcomes';
    like $text, qr/User object:/, 'shows the user object';
    my ($pre) = $profile->decoded_content =~ m{<pre[^>]*>(.*?)</pre>}s;
    $pre =~ s/&quot;/"/g;
    my $user = eval { JSON::PP::decode_json($pre) };
    is $user->{username}, 'grace', 'which is JSON';
    like $pre, qr/^\{\n  "/, 'indented';
    is scalar keys %$user, 8, 'with all claims';
    like $profile->header('Cache-Control') // '', qr/private|no-store/, 'for no shared cache';

    my $logout = $browser->visit("$tutorial/logout");
    $logout = $browser->submit($logout, logout => 'yes') if $logout->{seen_url} !~ /^\Q$tutorial\E/;
    is $logout->{seen_url}, "$tutorial/", 'signed out, and home again';
    like page_text($logout), qr{Login/Register}, 'as nobody';
    my $again = $browser->get("$tutorial/profile");
    is $again->code, 302, 'the profile wants a login';
};

subtest 'the provider still knows the user: no second form' => sub {
    my $browser = browser();
    sign_in($browser, "$tutorial/login", 'grace');
    $browser->drop_cookie('plusauth');
    my $profile = $browser->visit("$tutorial/profile");
    is $profile->{seen_url}, "$tutorial/profile", 'straight to the profile';
    like page_text($profile), qr/Welcome grace/, 'of the same user';
};

subtest 'a user who cancels' => sub {
    my $browser = browser();
    my $form = $browser->visit("$tutorial/profile");
    my ($cancel) = $form->decoded_content =~ m{<a\b[^>]*href="([^"]*)"[^>]*>Cancel<};
    my $answer = $browser->visit(URI->new_abs($cancel, $form->{seen_url})->as_string);
    is $answer->code, 403, 'is told so';
    like page_text($answer), qr/access_denied/, 'with the reason';
    ok !defined session_cookie($browser), 'and has no session';
};

subtest 'the login path when signed in already' => sub {
    my $browser = browser();
    sign_in($browser, "$tutorial/login", 'grace');
    my $answer = $browser->get("$tutorial/login");
    is $answer->code, 302, 'no second login';
    is $answer->header('Location'), "$tutorial/", 'home';
};

# The rest with the provider that needs no forms.
my $app = site('app');

subtest 'what the provider is asked' => sub {
    faults();
    my $browser = browser();
    my $answer = $browser->visit("$app/app/page.html");
    is $answer->code, 200, 'signed in';
    my ($asked) = calls_to('/authorize');
    my %query = %{ $asked->{query} };
    is $query{response_type}, 'code', 'code';
    is $query{scope}, 'openid profile email', 'scope';
    is $query{client_id}, 'client', 'client_id';
    is $query{redirect_uri}, "$app/login/callback", 'redirect_uri';
    is $query{code_challenge_method}, 'S256', 'PKCE by S256';
    like $query{$_}, qr/^[\w-]{22,}$/, "$_ is long and random" for qw(code_challenge state nonce);
    ok !exists $query{$_}, "no $_" for qw(response_mode prompt max_age audience code_verifier client_secret);
    my ($exchange) = calls_to('/oauth2/token');
    is_deeply [sort keys %{ $exchange->{form} }], [qw(code code_verifier grant_type redirect_uri)],
        'the token request has what it must';
    is $exchange->{auth}, 'client_secret_basic', 'and authenticates by Basic';
    like $exchange->{headers}{accept}, qr{application/json}, 'it wants JSON';
    my ($userinfo) = calls_to('/oidc/userinfo');
    like $userinfo->{headers}{authorization}, qr/^Bearer /, 'userinfo by Bearer';
    ok !exists $_->{headers}{cookie}, "no cookie to $_->{path}" for grep { $_->{path} !~ /authorize/ } calls();
};

for my $path ('/app/page.html', '/app/page.html?a=1&b=%20x&c', '/app/page.html?q=%C3%A9%26%3D', '/app/page.html?',
    '/app/page.html?x=//evil.example') {
    subtest "a deep link comes back to itself: $path" => sub {
        faults();
        my $browser = browser();
        my $answer = $browser->visit("$app$path");
        is $answer->code, 200, 'signed in';
        is $answer->{seen_url}, "$app$path", 'where it wanted to go';
    };
}

for my $path ('/app/a%20b', '/app/a%3Fb', '/app/%C3%A9t%C3%A9?%20', '/app/a%252Fb', '/app/%0D%0Ax') {
    subtest "and so does one whose path has escapes: $path" => sub {
        my $answer = browser()->visit("$app$path");
        is $answer->code, 404, 'signed in';
        is $answer->{seen_url}, "$app$path", 'where it wanted to go';
    };
}

subtest 'an audience and scopes' => sub {
    faults();
    is browser()->visit(site('attack') . '/p/audience/page.html')->code, 200, 'signed in';
    my ($asked) = calls_to('/authorize');
    is $asked->{query}{audience}, 'https://api.example.test/', 'audience';
    is $asked->{query}{scope}, 'openid email orders:read', 'scope';
};

subtest 'a warm login is two requests to the provider, on a connection that is open' => sub {
    faults();
    my $keeper = browser();
    is $keeper->visit("$app/app/page.html")->code, 200, 'a first login';
    my ($connection) = map { $_->{connection} } reverse grep { $_->{path} =~ /userinfo/ } calls();
    for my $round (1 .. 5) {
        faults();
        # The same connection to httpd, and so the same process, but no cookies.
        $keeper->{cookies} = {};
        is $keeper->visit("$app/app/page.html")->code, 200, "login $round";
        my @own = grep { $_->{path} !~ /authorize/ } calls();
        is_deeply [map { $_->{path} =~ s{.*/}{}r } @own], [qw(token userinfo)], 'two requests';
        is_deeply [map { $_->{connection} } @own], [$connection, $connection], 'no new connection';
    }
};

subtest 'many tabs: eight logins at once all end well' => sub {
    faults();
    my $browser = browser();
    my %callback = map { $_ => $browser->until("$app/app/page.html?tab=$_", qr{/login/callback}) } 1 .. 8;
    for my $tab (3, 1, 8, 5, 4, 7, 2, 6) {
        my $answer = $browser->visit($callback{$tab});
        is $answer->code, 200, "tab $tab";
        is $answer->{seen_url}, "$app/app/page.html?tab=$tab", 'each in its own place';
    }
};

# What a cookie-less browser does that begins several logins at the same moment: none of them knows of
# the others' slots. Each is begun by a browser of its own, and one jar gets all their cookies.
sub begin_tab {
    my ($tab) = @_;
    my $browser = browser();
    my $callback = $browser->until("$app/app/page.html?tab=$tab", qr{/login/callback});
    my ($slot) = login_cookies($browser);
    return { tab => $tab, callback => $callback, slot => $slot, value => { $browser->cookies }->{$slot} };
}

# A tab whose cookie goes into this slot.
sub begin_tab_in {
    my ($slot, $tab) = @_;
    for (1 .. 500) {
        my $begun = begin_tab($tab);
        return $begun if $begun->{slot} eq $slot;
    }
    die "no login has put its cookie into $slot\n";
}

sub keep { $_[0]->set_cookie($_->{slot}, $_->{value}) for @_[1 .. $#_]; return }

# A browser where the first of two tabs gave way to the second; the first.
sub gave_way {
    my $browser = browser();
    my $first = begin_tab(1);
    keep($browser, $first, begin_tab_in($first->{slot}, 2));
    return ($browser, $first);
}

subtest 'many tabs: eight parallel logins of a browser without cookies all end in their own place' => sub {
    my $browser = browser();
    my @tabs = map { begin_tab($_) } 1 .. 7;
    push @tabs, begin_tab_in($tabs[0]{slot}, 8);
    faults();
    keep($browser, @tabs);
    my %kept = $browser->cookies;
    my %lost = map { $_->{tab} => 1 } grep { $kept{ $_->{slot} } ne $_->{value} } @tabs;
    ok $lost{1}, 'the first gave way to the eighth';
    for my $tab (@tabs) {
        my $answer = $browser->visit($tab->{callback});
        is $answer->code, 200, "tab $tab->{tab}";
        is $answer->{seen_url}, "$app/app/page.html?tab=$tab->{tab}", 'each in its own place';
    }
    my %codes = map { ($_->{callback} =~ /\bcode=([^&]*)/)[0] => $_->{tab} } @tabs;
    my @sent = map { $codes{ $_->{form}{code} } // () } calls_to('/oauth2/token');
    is_deeply [grep { $lost{$_} } @sent], [], 'no code was sent for a login that had given way';
};

subtest 'a login that gave way begins again once' => sub {
    my ($browser, $first) = gave_way();
    faults();
    my $answer = $browser->get($first->{callback});
    is $answer->code, 302, 'sent on';
    like $answer->header('Location'), qr{/authorize\?}, 'to a login';
    is scalar calls_to('/oauth2/token'), 0, 'its code is sent to nobody';
    my $unused = $browser->clone;
    is $unused->get($first->{callback})->code, 400, 'the same answer does so no second time';
    my $again = $browser->until($answer->header('Location'), qr{/login/callback});
    is $browser->clone->visit($again)->{seen_url}, "$app/app/page.html?tab=1", 'it leads to its page';

    ($browser, $first) = gave_way();
    my %before = $browser->cookies;
    $again = $browser->until($first->{callback}, qr{/login/callback\?(?!.*\Q@{[$first->{callback} =~ /(state=[^&]*)/]}\E)});
    my ($slot) = grep { !exists $before{$_} } login_cookies($browser);
    keep($browser, begin_tab_in($slot, 3));
    faults();
    is $browser->get($again)->code, 400, 'one that began again and gave way again ends in a page';
    is scalar calls(), 0, 'nobody was asked';
};

subtest 'only a state of ours begins again, and only where another login has its slot' => sub {
    my ($browser, $first) = gave_way();
    my ($state) = $first->{callback} =~ /\bstate=([^&]*)/;
    my %codes;
    faults();
    for my $at (0 .. length($state) - 1) {
        my ($changed, $cut) = ($state, substr $state, 0, $at);
        substr($changed, $at, 1) = substr($changed, $at, 1) eq 'A' ? 'B' : 'A';
        $codes{ $browser->get($first->{callback} =~ s/\Q$state\E/$_/r)->code }++ for $changed, $cut;
    }
    is_deeply \%codes, { 400 => 2 * length $state }, 'a state that was changed or cut is refused';
    is browser()->get($first->{callback})->code, 400, 'as is a browser without cookies';
    my $other = browser();
    my $elsewhere;
    do { $elsewhere = begin_tab(3) } while $elsewhere->{slot} eq $first->{slot};
    keep($other, $elsewhere);
    faults();
    is $other->get($first->{callback})->code, 400, 'and one whose login has another slot';
    is scalar calls(), 0, 'nobody was asked';
    is $browser->get($first->{callback})->code, 302, 'unchanged, and where it belongs, it begins again';
};

subtest 'a login that gave way where another tab has signed in ends at its page' => sub {
    my ($browser, $first) = gave_way();
    $browser->visit("$app/app/page.html");
    faults();
    my $answer = $browser->get($first->{callback});
    is $answer->code, 302, 'sent on';
    is $answer->header('Location'), "$app/app/page.html?tab=1", 'to its page';
    is scalar calls(), 0, 'without a request to the provider';
    is $browser->get($first->{callback})->header('Location'), "$app/", 'the second time home';
};

subtest 'the back button after login' => sub {
    faults();
    my $browser = browser();
    $browser->visit("$app/app/page.html");
    my ($callback) = grep { /login\/callback/ } map { $_->{seen_url} } @{ $browser->{trail} };
    my $answer = $browser->visit($callback);
    isnt $answer->code, 400, 'is no error';
    like $answer->{seen_url}, qr{^\Q$app\E/$}, 'but leads home';
};

subtest 'a browser that keeps no session cookie does not go round for ever' => sub {
    faults();
    my $browser = browser();
    my ($answer, $url) = (undef, "$app/app/page.html");
    for (1 .. 60) {
        $answer = $browser->get($url);
        $browser->drop_cookie('plusauth');
        $url = $answer->header('Location') // last;
    }
    is $answer->code, 500, 'it ends';
    like page_text($answer), qr/cookie/i, 'in a page that names the cause';
};

subtest 'to sign in again and again is no loop' => sub {
    faults();
    my $browser = browser();
    for my $round (1 .. 5) {
        is $browser->visit("$app/login")->code, 200, "signed in $round times";
        $browser->get("$app/logout", site => 'same-origin');
    }
    for my $round (1 .. 5) {
        is $browser->visit("$app/login?prompt=login")->code, 200, "asked again $round times";
    }
};

subtest 'another name for the same server: first to its own name' => sub {
    faults();
    my $alias = $app =~ s/localhost/127.0.0.1/r;
    my $browser = browser();
    my $answer = $browser->get("$alias/app/page.html?x=1");
    is $answer->code, 302, 'sent on';
    is $answer->header('Location'), "$app/app/page.html?x=1", 'to the same place on the origin';
    is scalar calls(), 0, 'before any login began';
    is browser()->visit("$alias/app/page.html")->code, 200, 'where it works';
    $browser->{cookies}{localhost} = {};
    is $browser->visit("$alias/app/page.html")->code, 200, 'the second time too';
};

subtest 'names of its own for everything' => sub {
    my $renamed = site('renamed');
    faults();
    my $browser = browser();
    my $answer = $browser->visit("$renamed/app/page.html");
    is $answer->code, 200, 'signed in';
    my ($asked) = calls_to('/authorize');
    is $asked->{query}{redirect_uri}, "$renamed/account/back", 'the callback';
    my %cookies = $browser->cookies;
    ok exists $cookies{shop}, 'the cookie';
    is $browser->{trail}[-2]->code, 200, 'which, being Strict, a redirect from the provider would not bring along';
    is $browser->get("$renamed/login")->code, 404, 'the usual path is nobody\'s';
    $answer = $browser->visit("$renamed/account/out");
    is $answer->{seen_url}, "$renamed/open/sorry.html", 'after logout';
    is $browser->get("$renamed/app/page.html")->code, 302, 'signed out';
};

done_testing;
