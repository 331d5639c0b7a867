# session.t: the session and its cookie (attacks 64 and 65).
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

my $app = site('app');
my $page = "$app/app/page.html";
faults();

sub signed_in_browser {
    my $browser = browser();
    die "no login\n" if $browser->visit($page)->code != 200;
    return $browser;
}

# The Set-Cookie lines of a visit for one cookie, parsed.
sub set_cookies {
    my ($browser, $pattern) = @_;
    return map { [PlusAuth::Browser::parse_set_cookie($_)] }
        grep { /^$pattern/ } map { $_->header('Set-Cookie') } @{ $browser->{trail} };
}

subtest 'the cookie' => sub {
    my $browser = signed_in_browser();
    my @set = set_cookies($browser, 'plusauth=');
    is scalar @set, 1, 'is set once';
    my ($name, $value, %attributes) = @{ $set[0] };
    like $value, qr/^[A-Za-z0-9_-]{43}$/, '256 random bits';
    is $attributes{path}, '/', 'Path=/';
    ok exists $attributes{httponly}, 'HttpOnly';
    is $attributes{samesite}, 'Lax', 'SameSite=Lax';
    ok !exists $attributes{secure}, 'not Secure on http';
    ok !exists $attributes{$_}, "no $_: it ends with the browser" for 'max-age', 'expires', 'domain';
    for my $login (set_cookies($browser, 'plusauth-login')) {
        my (undef, undef, %own) = @$login;
        ok exists $own{httponly} && exists $own{'max-age'}, 'login cookies are HttpOnly, and short-lived';
        is $own{samesite}, 'Lax', 'and SameSite=Lax';
    }
    my $later = $browser->get($page);
    is $later->header('Set-Cookie'), undef, 'and is not written again by later requests';
    like $later->header('Cache-Control'), qr/private/, 'a protected page is for no shared cache';
    isnt session_cookie(signed_in_browser()), $value, 'every login has another';
};

subtest 'behind TLS' => sub {
    my $secure = 'https://app.example.test';
    my $browser = browser(at => { $secure => site('secure') });
    is $browser->visit("$secure/app/page.html")->code, 200, 'signed in';
    my @set = set_cookies($browser, '__Host-plusauth=');
    is scalar @set, 1, '__Host-plusauth';
    my (undef, undef, %attributes) = @{ $set[0] };
    ok exists $attributes{$_}, $_ for qw(secure httponly);
    is $attributes{path}, '/', 'Path=/';
    ok !exists $attributes{domain}, 'no Domain';
    for my $line (map { $_->header('Set-Cookie') } @{ $browser->{trail} }) {
        like $line, qr/^__Host-plusauth/, 'no cookie without the prefix';
        like $line, qr/; ?Secure/, 'and none that is not Secure';
    }
};

subtest 'an anonymous visitor gets no cookie' => sub {
    for my $path ('/open/sorry.html', '/nowhere', '/greeting', '/open/cgi') {
        my $browser = browser();
        my $answer = $browser->get("$app$path");
        is $answer->header('Set-Cookie'), undef, $path;
    }
};

subtest 'attack 64: session fixation: a planted id is not taken over' => sub {
    for my $planted ('A' x 43, session_cookie(signed_in_browser())) {
        my $browser = browser();
        $browser->until($page, qr{/login/callback});
        $browser->set_cookie(plusauth => $planted);
        $browser->visit($browser->until("$app/app/page.html?", qr{callback})) if !signed_in($browser, $page);
        my $before = session_cookie($browser);
        $browser->set_cookie(plusauth => $planted);
        $browser->visit("$app/logout");
        $browser->set_cookie(plusauth => $planted);
        is $browser->visit($page)->code, 200, 'signed in';
        isnt session_cookie($browser), $planted, 'under an id of its own';
    }
};

subtest 'attack 64: a second login ends the first session' => sub {
    my $browser = browser();
    my $first = $browser->until($page, qr{/login/callback});
    my $second = $browser->until($page, qr{/login/callback});
    is $browser->visit($first)->code, 200, 'signed in';
    my $old = $browser->clone;
    ok signed_in($old, $page), 'the first session lives';
    is $browser->visit($second)->code, 200, 'signed in again';
    isnt session_cookie($browser), session_cookie($old), 'with another id';
    ok !signed_in($old, $page), 'the first session has ended';
};

subtest 'attack 64: a stolen cookie is dead after logout' => sub {
    my $browser = signed_in_browser();
    my $thief = $browser->clone;
    ok signed_in($thief, $page), 'the copy works';
    $browser->visit("$app/logout");
    ok !signed_in($thief, $page), 'and after logout it does not';
};

subtest 'attack 65: a cookie that was tampered with' => sub {
    my $browser = signed_in_browser();
    my $good = session_cookie($browser);
    my @bad = ('', 'x', substr($good, 0, 42), "${good}A", "$good.", "\"$good\"", 'A' x 43, lc $good, uc $good,
        '%00' x 14, 'x' x 4000, '../../../../etc/passwd', "$good; plusauth=" . 'B' x 43);
    for my $at (0, 21, 42) {
        my $changed = $good;
        substr($changed, $at, 1) = substr($changed, $at, 1) eq 'A' ? 'B' : 'A';
        push @bad, $changed;
    }
    my %codes;
    for my $bad (grep { $_ ne $good } @bad) {
        $browser->set_cookie(plusauth => $bad);
        $codes{ $browser->get($page)->code }++;
    }
    is_deeply [keys %codes], [302], 'is none';
    $browser->set_cookie(plusauth => $good);
    ok signed_in($browser, $page), 'the genuine one still is';
};

subtest 'attack 65: two cookies of the name' => sub {
    my $browser = signed_in_browser();
    my $good = session_cookie($browser);
    my $other = session_cookie(signed_in_browser());
    my $code = sub { $browser->get($page, Cookie => $_[0])->code };
    is $code->("plusauth=$good; plusauth=$good"), 200, 'the same twice is one';
    is $code->("plusauth=$good; plusauth=$other"), 302, 'of two that differ neither counts';
    is $code->("plusauth=$other; x=1; plusauth=$good"), 302, 'in whatever order';
    is $code->("plusauth=; plusauth=$good"), 302, 'also when one is empty';
    is $code->("xplusauth=$other; plusauth=$good; plusauthx=$other"), 200, 'other names are other cookies';
    is $code->("PLUSAUTH=$other; plusauth=$good"), 200, 'and so are other cases';
};

subtest 'attack 65: two hundred cookies' => sub {
    my $browser = signed_in_browser();
    my $good = session_cookie($browser);
    my $many = join '; ', map { "c$_=$_" } 1 .. 200;
    is $browser->get($page, Cookie => "$many; plusauth=$good")->code, 200, 'before ours';
    is $browser->get($page, Cookie => "plusauth=$good; $many")->code, 200, 'after it';
    is $browser->get($page, Cookie => ';;; = ; =x; ,; plusauth' . ";plusauth=$good;")->code, 200, 'and nonsense';
};

subtest 'attack 65: pieces of a session that lack one, or come in another order' => sub {
    my $own = PlusAuth::Site->new('pieces', config => "PlusAuthSessionStore cookie\n")->start;
    my @letters = ('A' .. 'Z', 'a' .. 'z', 0 .. 9);
    my $random = sub { join '', map { $letters[rand @letters] } 1 .. 1500 };
    browser()->visit($own->page); # from then on the provider knows the issuer
    user(map { ("claim$_" => $random->()) } 1 .. 3);
    my ($browser, $other) = map { my $b = browser(); $b->visit($own->page); $b } 1, 2;
    user();
    my %good = $browser->cookies;
    my %of_other = $other->cookies;
    my @names = sort grep { /^plusauth(?:_\d)?$/ } keys %good;
    is_deeply \@names, [qw(plusauth plusauth_1)], 'two pieces';
    my $code = sub {
        my (%cookies) = @_;
        return $browser->get($own->page, Cookie => join '; ', map { "$_=$cookies{$_}" } sort keys %cookies)->code;
    };
    my %own = map { $_ => $good{$_} } @names;
    is $code->(%own), 200, 'all of them are a session';
    for my $name (@names) {
        is $code->(map { $_ => $own{$_} } grep { $_ ne $name } @names), 302, "without $name";
        is $code->(%own, $name => $of_other{$name}), 302, "$name of another session";
        is $code->(%own, $name => substr $own{$name}, 1), 302, "$name cut";
    }
    is $code->(%own, plusauth => $own{plusauth_1}, plusauth_1 => $own{plusauth}), 302, 'in another order';
    is $code->(%own, plusauth_1 => $own{plusauth}), 302, 'one twice';
    is $code->(%own, map { ("plusauth_$_" => 'x') } 2 .. 60), 200, 'what is beside them is none';
};

subtest 'attack 65: the key changes' => sub {
    my ($old, $new) = ('the old key, made of some characters', 'the new key, made of other characters');
    my $own = PlusAuth::Site->new('keys', config => "PlusAuthSessionStore cookie\nPlusAuthKey \"$old\"\n")->start;
    my ($before, $between) = map { browser() } 1, 2;
    $before->visit($own->page);
    $own->configure("PlusAuthSessionStore cookie\nPlusAuthKey \"$new\" \"$old\"\n")->restart;
    ok signed_in($before, $own->page), 'the old key still opens';
    $between->visit($own->page);
    $own->configure("PlusAuthSessionStore cookie\nPlusAuthKey \"$new\"\n")->restart;
    ok signed_in($between, $own->page), 'what the new one sealed it opens';
    is $before->get($own->page)->code, 302, 'what the old one sealed is a login again';
    is $before->visit($own->page)->code, 200, 'which works';
};

subtest 'a session of another virtual host is none here' => sub {
    my $browser = browser();
    is $browser->visit(site('brief') . '/app/page.html')->code, 200, 'signed in there';
    ok !signed_in($browser, $page), 'but not here';
};

subtest 'PlusAuthSessionLifetime: it ends, used or not' => sub {
    my $url = site('brief') . '/app/page.html';
    my $browser = browser();
    my $begun = time;
    is $browser->visit($url)->code, 200, 'signed in';
    ok poll(20, sub { !signed_in($browser, $url) }), 'and out again by time alone';
    cmp_ok time - $begun, '>=', 2, 'but not at once';
};

subtest 'PlusAuthSessionIdle: unused it ends, used it lives' => sub {
    my $url = site('idle') . '/app/page.html';
    my ($used, $unused) = map { my $b = browser(); $b->visit($url); $b } 1 .. 2;
    my $alive = 1;
    my $until = time + 4;
    while (time < $until) {
        $alive &&= signed_in($used, $url);
        select undef, undef, undef, 0.2;
    }
    ok $alive, 'the used one lives longer than it may be idle';
    ok !signed_in($unused, $url), 'the unused one has ended';
};

subtest 'a request under way cannot revive a session that was ended meanwhile' => sub {
    my $browser = signed_in_browser();
    my $slow = $browser->clone;
    pipe(my $in, my $out) or die;
    my $pid = fork // die;
    if (!$pid) {
        close $in;
        my $code = $slow->get("$app/cgi?wait=" . vars('t_logs') . '/go')->code;
        print {$out} $code;
        close $out;
        require POSIX;
        POSIX::_exit(0);
    }
    close $out;
    my $go = vars('t_logs') . '/go';
    ok poll(10, sub { -e "$go.started" }), 'a slow request is under way';
    $browser->visit("$app/logout");
    open my $touch, '>', $go or die;
    close $touch;
    my $code = do { local $/; <$in> };
    waitpid $pid, 0;
    unlink $go, "$go.started";
    is $code, 200, 'it ends well';
    ok !signed_in($slow, $page), 'and the session is gone all the same';
};

done_testing;
