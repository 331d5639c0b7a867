# user.t: who is signed in, for a page's scripts: the path /login/user and `SetHandler plusauth-user`.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Logout;
use PlusAuth::Test;
use Test::More;

my $site = site('logout');
my $page = "$site/app/page.html";
faults();
my $browser = signed_in_at($page);

for my $path ('/login/user', '/me') {
    subtest "$path: somebody is signed in" => sub {
        my $answer = $browser->fetch("$site$path");
        is $answer->code, 200, 'is told';
        is $answer->header('Content-Type'), 'application/json', 'JSON';
        is $answer->header('Cache-Control'), 'no-store', 'not to be stored';
        is $answer->header('X-Content-Type-Options'), 'nosniff', 'nor taken for something else';
        is $answer->header('Access-Control-Allow-Origin'), undef, 'nor read by other sites';
        is $answer->header('Set-Cookie'), undef, 'no cookie';
        my $user = json($answer);
        is_deeply [sort keys %$user], [qw(display_name expires_in sub userinfo)], 'its members';
        is $user->{sub}, 'user-1', 'sub';
        is $user->{display_name}, 'ada', 'a name to greet with';
        is $user->{userinfo}{email}, 'ada@example.test', 'and the claims';
        is_deeply $user->{userinfo}{groups}, ['math', 'engines'], 'as the provider said them';
        like $user->{expires_in}, qr/^\d+$/, 'whole seconds';
        cmp_ok $user->{expires_in}, '>', 3600 - 120, 'as long as it may idle';
        cmp_ok $user->{expires_in}, '<=', 3600, 'and no longer';
        for my $secret (session_cookie($browser), 'eyJ', 'access_token', 'refresh_token', 'id_token') {
            unlike $answer->content, qr/\Q$secret\E/, 'no id and no token';
        }
    };

    subtest "$path: nobody is signed in" => sub {
        my %asks = (
            'a script' => browser()->fetch("$site$path"),
            'a person' => browser()->get("$site$path"),
            'a tool' => browser()->request('GET', "$site$path", []),
            'a tool that accepts all' => browser()->request('GET', "$site$path", [Accept => '*/*']),
            'a form that accepts HTML' => browser()->request('GET', "$site$path", [Accept => 'text/html']),
        );
        for my $who (sort keys %asks) {
            my $answer = $asks{$who};
            is $answer->code, 401, "$who: 401, never a redirect";
            is $answer->header('Content-Type'), 'application/json', 'JSON';
            is $answer->header('Cache-Control'), 'no-store', 'not to be stored';
            is $answer->header('WWW-Authenticate'), qq(PlusAuth location="$site/login"), 'and a way in';
            is json($answer)->{error}, 'login_required', 'an error';
            is json($answer)->{location}, "$site/login", 'and where to sign in';
            is $answer->header('Set-Cookie'), undef, 'no cookie';
        }
    };

    subtest "$path: methods" => sub {
        for my $method (qw(POST PUT DELETE PATCH)) {
            my $answer = $browser->fetch("$site$path", method => $method);
            is $answer->code, 405, $method;
            is $answer->header('Content-Type'), 'application/json', 'JSON';
            unlike $answer->content, qr/ada/, 'and nothing of the user';
        }
        my $head = $browser->fetch("$site$path", method => 'HEAD');
        is $head->code, 200, 'HEAD';
        is $head->content, '', 'is without a body';
        my $options = $browser->fetch("$site$path", method => 'OPTIONS');
        is $options->code, 200, 'OPTIONS';
        like $options->header('Allow'), qr/\bGET\b/, 'says GET';
        unlike $options->header('Allow'), qr/\b(?:POST|PUT|DELETE)\b/, 'and nothing that changes things';
        is browser()->fetch("$site$path", method => 'HEAD')->code, 401, 'HEAD without a session';
        ok signed_in($browser, $page), 'still signed in';
    };
}

subtest 'the remaining time shrinks' => sub {
    my $brief = site('brief');
    my $guest = signed_in_at("$brief/app/page.html");
    my $left = sub { json($guest->fetch("$brief/login/user"))->{expires_in} };
    my $first = $left->();
    cmp_ok $first, '<=', 3, 'at most the lifetime';
    my $smaller = poll(20, sub { my $now = $left->(); defined $now && $now < $first || !defined $now });
    ok $smaller, 'less and less';
    ok poll(20, sub { !defined $left->() }), 'until it has ended';
    is $guest->fetch("$brief/login/user")->code, 401, 'and nobody is signed in';
};

subtest 'somebody else after a logout' => sub {
    my $guest = signed_in_at($page);
    post_token($site, logout_token('logout', { sid => sid_of($guest) }));
    is $guest->fetch("$site/login/user")->code, 401, 'nobody';
    user(sub => 'user-2', username => 'grace');
    is $guest->visit($page)->code, 200, 'another user';
    is json($guest->fetch("$site/login/user"))->{display_name}, 'grace', 'by name';
    user(sub => 'user-1', username => 'ada');
};

subtest 'odd claims' => sub {
    my $name = qq(</script>"\\\x{263a}\n);
    user(username => $name, email => undef);
    my $guest = signed_in_at($page);
    my $answer = $guest->fetch("$site/login/user");
    my $user = json($answer);
    is $user->{userinfo}{username}, $name, 'arrive as they are';
    ok exists $user->{userinfo}{email} && !defined $user->{userinfo}{email}, 'null too';
    user(username => 'ada', email => 'ada@example.test');
};

subtest 'where there is no PlusAuth there is no such path' => sub {
    is browser()->fetch(site('plain') . '/login/user')->code, 404, 'none';
};

subtest 'a place of its own name, for another provider\'s user' => sub {
    my $guest = signed_in_at("$site/neighbour/page.html");
    is json($guest->fetch("$site/login/user"))->{sub}, 'user-1', 'whoever has the session';
};

done_testing;
