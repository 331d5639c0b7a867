# env.t: what protected applications get of the user, of every kind of them; and that nobody else can
# say it (attack 57).
use strict;
use warnings;
use lib 't/lib';
use IO::Socket::INET;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

my $app = site('app');
faults();
my $browser = browser();
is $browser->visit("$app/app/page.html")->code, 200, 'signed in';

subtest 'a CGI program' => sub {
    my $env = environment($browser->get("$app/cgi"));
    is $env->{REMOTE_USER}, 'user-1', 'REMOTE_USER is sub';
    is $env->{AUTH_TYPE}, 'PlusAuth', 'AUTH_TYPE';
    is $env->{PLUSAUTH_CLAIM_email}, 'ada@example.test', 'a claim';
    is $env->{PLUSAUTH_CLAIM_email_verified}, 'true', 'that is no text';
    is $env->{PLUSAUTH_CLAIM_sub}, 'user-1', 'sub';
    is $env->{PLUSAUTH_DISPLAY_NAME}, 'ada', 'what to call the user';
    my $user = JSON::PP::decode_json($env->{PLUSAUTH_USERINFO});
    is $user->{name}, 'Ada Lovelace', 'userinfo as JSON';
    is_deeply $user->{groups}, ['math', 'engines'], 'with all its claims';
    is_deeply [grep { /TOKEN|SECRET|HTTP_SESSION/i } keys %$env], [], 'no tokens';
    my $all = JSON::PP::encode_json($env);
    unlike $all, qr/\beyJ[\w-]+\.eyJ/, 'no JWT anywhere';
};

subtest 'claims that differ in case alone' => sub {
    user(Email => 'eve@example.test', Nick => 'Eve');
    my $other = browser();
    is $other->visit("$app/app/page.html")->code, 200, 'signed in';
    my $env = environment($other->get("$app/cgi"));
    is_deeply [grep { /^PLUSAUTH_CLAIM_email$/i } keys %$env], [], 'are not told apart by all: neither is a variable';
    is $env->{PLUSAUTH_CLAIM_Nick}, 'Eve', 'another one is';
    is environment($other->get("$app/export/headers/cgi"))->{HTTP_X_USER_EMAIL}, undef, 'nor a header';
    is $other->get("$app/by/email/cgi")->code, $other->get("$app/by/absent/cgi")->code, 'nor a user';
    user();
};

subtest 'our cookies are ours alone' => sub {
    my $secret = session_cookie($browser);
    my $half = browser();
    $half->until("$app/app/page.html", qr{/login/callback});
    my $login = join '; ', map { "$_=" . { $half->cookies }->{$_} } login_cookies($half);
    for my $path ('/cgi', '/proxy', '/open/cgi', '/openproxy', '/pass/cgi') {
        my $env = environment($browser->get("$app$path", Cookie => "a=1; plusauth=$secret; b=2; $login; c=3"));
        is $env->{HTTP_COOKIE}, 'a=1; b=2; c=3', "$path sees the others";
        $env = environment($browser->get("$app$path", Cookie => "plusauth=$secret"));
        is $env->{HTTP_COOKIE}, undef, "$path sees no header when there are no others";
        unlike JSON::PP::encode_json($env), qr/\Q$secret\E/, 'and the session nowhere';
    }
};

subtest 'an application behind mod_proxy' => sub {
    my $env = environment($browser->get("$app/proxy"));
    is_deeply [grep { /plusauth/i } keys %$env], [], 'gets nothing that was not asked for';
};

subtest 'PlusAuthExport headers' => sub {
    my $env = environment($browser->get("$app/export/headers/cgi", 'X-User-Name' => 'admin', 'x-user_name' => 'admin'));
    is $env->{HTTP_X_USER_NAME}, 'ada', 'a claim as a header';
    is $env->{HTTP_X_USER_EMAIL}, 'ada@example.test', 'another';
    is_deeply [grep { /^PLUSAUTH/ } keys %$env], [], 'and no variables';
};

# RFC 9110 7.6.1: a proxy takes out what Connection names.
subtest 'a client cannot have a header with claims taken out' => sub {
    for my $connection ('X-User-Name', 'keep-alive, x-user-name', 'close;X-User-Name') {
        my $env = environment($browser->get("$app/export/headers/proxy", Connection => $connection));
        is $env->{HTTP_X_USER_NAME}, 'ada', "Connection: $connection";
    }
};

subtest 'PlusAuthExport none' => sub {
    my $env = environment($browser->get("$app/export/none/cgi"));
    is $env->{REMOTE_USER}, 'user-1', 'the user';
    is_deeply [grep { /^PLUSAUTH/ } keys %$env], [], 'and nothing else';
};

subtest 'PlusAuthUser' => sub {
    my $env = environment($browser->get("$app/by/email/cgi"));
    is $env->{REMOTE_USER}, 'ada@example.test', 'another claim';
    my $answer = $browser->get("$app/by/absent/cgi");
    is $answer->code, 403, 'one that the user has not: nobody';
    is_deeply environment($answer), {}, 'the program did not run';
};

subtest 'a place that is not protected gets nothing' => sub {
    my $env = environment($browser->get("$app/open/cgi"));
    is $env->{REMOTE_USER}, undef, 'no user';
    is_deeply [grep { /^PLUSAUTH/ } keys %$env], [], 'no claims';
};

subtest 'Require user' => sub {
    is $browser->get("$app/only/user-1/page.html")->code, 200, 'this user may';
    my $answer = $browser->get("$app/only/nobody/page.html");
    is $answer->code, 403, 'another may not: 403, not another login';
    is $answer->header('Location'), undef, 'no redirect';
};

subtest 'sub-requests: mod_include' => sub {
    my $answer = $browser->get("$app/ssi/page.shtml");
    is $answer->code, 200, 'the page';
    like $answer->content, qr/user: user-1, email: ada\@example\.test/, 'knows the user';
    like $answer->content, qr/"PLUSAUTH_CLAIM_email":"ada\@example\.test"/, 'so does the program that it includes';
    like $answer->content, qr/"REMOTE_USER":"user-1"/, 'REMOTE_USER too';
};

subtest 'internal redirects' => sub {
    for my $path ('/rewritten-cgi', '/app/missing-cgi/x') {
        my $answer = $browser->get("$app$path");
        my $env = environment($answer);
        next if $path =~ /missing/ && $answer->code != 404;
        ok %$env, "$path reaches the program";
        is $env->{REMOTE_USER} // $env->{REDIRECT_REMOTE_USER}, 'user-1', 'which knows the user';
    }
    like $browser->get("$app/dir/")->content, qr/the protected page/, 'DirectoryIndex';
};

# Everything that this module exports, as headers that a client sends.
my @names = qw(PLUSAUTH_CLAIM_sub PLUSAUTH_CLAIM_email PLUSAUTH_USERINFO PLUSAUTH_DISPLAY_NAME REMOTE_USER
    X-User-Name X-User-Email);
my %spelled = map { $_ => 1 } map {
    my $name = $_;
    ($name, lc $name, uc $name, $name =~ tr/_/-/r, $name =~ tr/-/_/r, lc($name) =~ tr/_/-/r, uc($name) =~ tr/-/_/r,
        $name =~ s/[_-]/_/r =~ s/.\K[_-]([A-Za-z]+)$/-$1/r)
} @names;
my @forged = map { $_ => 'FORGED' } sort keys %spelled;

for my $path ('/open/cgi', '/openproxy', '/cgi', '/proxy', '/pass/cgi', '/export/none/cgi', '/export/headers/cgi',
    '/by/email/cgi', '/rewritten-cgi', '/ssi/page.shtml') {
    subtest "attack 57: forged headers at $path" => sub {
        for my $who ($browser, browser()) {
            my $answer = $who->get("$app$path", @forged);
            unlike $answer->content, qr/FORGED/, $who == $browser ? 'signed in' : 'anonymous';
        }
    };
}

# PHP makes '_' of '.', lighttpd of whatever is no letter or digit; httpd's own CGI drops them.
subtest 'attack 57: forged headers whose names have other signs in them' => sub {
    my @odd = map { my $sign = $_; map { s/_/$sign/gr } qw(X_Role x_ROLE Remote_User PlusAuth_Foo PLUSAUTH_CLAIM_email) }
        qw(- _ . ~ ! & * + ^ | $);
    my @kept = qw(X.Roles X!Rol Remote.Users PlusAuthentic.x XRole Y.Role);
    my $says = join '', map { "Header merge X-Seen \"expr=%{req:$_}\"\n" } @odd, @kept;
    my $own = PlusAuth::Site->new('spelled', modules => [qw(headers)], config => <<"CONFIG")->start;
$says
<Location "/app">
    PlusAuthExport headers X-Role=nickname
</Location>
<Location "/open">
    AuthType PlusAuth
    PlusAuthUnauthenticated pass
    Require all granted
</Location>
CONFIG
    my $visitor = browser();
    $visitor->visit($own->page);
    for my $case (['/app/page.html', session_cookie($visitor)], ['/open/sorry.html', session_cookie($visitor)], ['/open/sorry.html', 'none'],
        ['/index.html', 'none']) {
        my ($port) = $own->url =~ /:(\d+)/;
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "connect: $!\n";
        print {$socket} "GET $case->[0] HTTP/1.1\r\nHost: localhost:$port\r\nConnection: close\r\nCookie: plusauth=$case->[1]\r\n",
            (map { "$_: FORGED-$_\r\n" } @odd), (map { "$_: kept-$_\r\n" } @kept), "\r\n";
        my $answer = do { local $/; <$socket> };
        unlike $answer, qr/FORGED/, "$case->[0], $case->[1]" =~ s/[\w-]{43}/SESSION/r;
        like $answer, qr/\Qkept-$_\E/, "but $_ is another name" for @kept;
    }
    $own->stop;
};

subtest 'attack 57: the application is reached at all' => sub {
    my $env = environment($browser->get("$app/open/cgi", 'X-Other' => 'here', 'PlusAuthentic' => 'here'));
    is $env->{HTTP_X_OTHER}, 'here', 'other headers pass';
    is $env->{HTTP_PLUSAUTHENTIC}, 'here', 'also of a similar name';
};

subtest 'attack 57: a client\'s own Authorization header' => sub {
    for my $path ('/cgi', '/proxy') {
        my $env = environment($browser->get("$app$path", Authorization => 'Bearer FORGED'));
        unlike JSON::PP::encode_json($env), qr/FORGED/, "does not reach $path";
    }
};

done_testing;
