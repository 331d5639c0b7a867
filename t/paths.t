# paths.t: ways around the door (attack 66): no spelling of a URL, method or detour inside httpd shows a
# protected byte to somebody who is not signed in.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Attack;
use PlusAuth::Site;
use PlusAuth::Test;
use IO::Socket::INET;
use Test::More;

my $app = site('app');
faults();

for my $path ('/app/page.html', '//app/page.html', '/app//page.html', '/./app/page.html', '/open/../app/page.html',
    '/open/%2e%2e/app/page.html', '/%61pp/page.html', '/app/%70age.html', '/app/..;/app/page.html', '/app/;/page.html',
    '/app/page.html/', '/app/page.html/extra', '/app/page.html;x', '/app%2fpage.html', '/App/page.html',
    '/app/page.html%00.txt', '/app\\page.html', '/login/../app/page.html', '/login/callback/../../app/page.html',
    '/login/app/page.html', '/login/callback/app/page.html', '/dir', '/dir/', '/dir/page.html', '/rewritten', '/ssi/page.shtml',
    '/fallback/nowhere', '/protected/page.html/../../app/page.html', '/app/page.html?/login/callback',
    '/app/page.html?code=a&state=b') {
    subtest "attack 66: $path" => sub {
        my $answer = raw('GET', $path);
        ok $answer !~ $PROTECTED, 'shows nothing';
        unlike $answer, qr/"PLUSAUTH|GATEWAY_INTERFACE/, 'runs nothing';
        like $answer, qr{^HTTP/1\.1 \d\d\d}, 'the server answers';
    };
}

for my $method (qw(HEAD POST PUT DELETE OPTIONS TRACE PROPFIND PATCH NONSENSE get Get)) {
    subtest "attack 66: method $method" => sub {
        for my $path ('/app/page.html', '/cgi', '/proxy') {
            my $answer = raw($method, $path);
            ok $answer !~ $PROTECTED, "$path shows nothing";
            unlike $answer, qr/GATEWAY_INTERFACE/, 'and runs nothing';
            unlike $answer, qr{^HTTP/1\.1 200}, 'without success' if $method ne 'TRACE';
        }
    };
}

subtest 'attack 66: a page for everybody that includes a protected one' => sub {
    my $answer = browser()->get("$app/open/includes.shtml");
    is $answer->code, 200, 'the page';
    like $answer->content, qr/included:/, 'is there';
    unlike $answer->content, qr/#include/, 'and was parsed';
    ok $answer->content !~ $PROTECTED, 'without what it includes';
    is $answer->header('Set-Cookie'), undef, 'and no login was begun for it';
};

subtest 'attack 66: an ErrorDocument that is protected' => sub {
    my $answer = browser()->get("$app/fallback/nowhere");
    ok $answer->decoded_content !~ $PROTECTED, 'is not shown';
};

subtest 'attack 66: an ErrorDocument for everybody, of a protected place' => sub {
    my $browser = browser();
    is $browser->get("$app/app/missing/x")->code, 302, 'who is not signed in does not even learn of a 404';
    $browser->visit("$app/app/page.html");
    my $answer = $browser->get("$app/app/missing/x");
    is $answer->code, 404, 'who is gets it';
    like $answer->content, qr/sorry, not here/, 'as the page says';
};

subtest 'a part for one user in a page where no session is looked for' => sub {
    my $open = vars('documentroot') . '/open';
    my $own = PlusAuth::Site->new('parts', modules => ['include', 'mime'], config => <<"CONFIG")->start;
PlusAuthSessionStore cookie
Session Off
<LocationMatch "^/(app|login|logout)">
    Session On
</LocationMatch>
<Directory "$open">
    Options +Includes
    AddType text/html .shtml
    AddOutputFilter INCLUDES .shtml
</Directory>
CONFIG
    my $browser = browser();
    $browser->visit($own->page);
    my $answer = $browser->get($own->url('/open/includes.shtml'));
    like $answer->content, $PROTECTED, 'includes it';
    like $answer->header('Cache-Control') // '', qr/\bprivate\b/, 'and is for nobody else';
};

# httpd answers it before any module has seen it.
subtest 'attack 57: a malformed request whose ErrorDocument is an application' => sub {
    my ($port) = site('idle') =~ /:(\d+)$/;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "connect: $!\n";
    print {$socket} "GET / HTTP/1.1\r\nX-User_Name: forged\r\nPlusAuth-Claim-Sub: forged\r\nRemote-User: forged\r\n"
        . 'Cookie: plusauth=' . 'x' x 43 . "\r\nConnection: close\r\n\r\n";
    my $answer = do { local $/; <$socket> };
    like $answer, qr{^HTTP/1\.1 400 .*GATEWAY_INTERFACE}s, 'the application runs';
    unlike $answer, qr/forged/, 'and is told nothing forged';
    unlike $answer, qr/x{43}/, 'nor a session';
};

subtest 'a page for everybody with a part for one user' => sub {
    my $browser = browser();
    $browser->visit("$app/app/page.html");
    my $answer = $browser->get("$app/open/includes.shtml");
    like $answer->content, $PROTECTED, 'includes it';
    like $answer->header('Cache-Control') // '', qr/\bprivate\b/, 'and is for nobody else';
    is browser()->get("$app/open/includes.shtml")->header('Cache-Control'), undef, 'without it, it is for everybody';
};

# LWP would tidy up what is sent here.
sub raw {
    my ($method, $path) = @_;
    my ($port) = $app =~ /:(\d+)$/;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "connect: $!\n";
    print {$socket} "$method $path HTTP/1.1\r\nHost: localhost:$port\r\nConnection: close\r\n"
        . "Accept: text/html\r\nContent-Length: 0\r\n\r\n";
    local $/;
    return <$socket> // '';
}

done_testing;
