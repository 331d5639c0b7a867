# nonsense.t: requests that nobody sends by mistake: no crash, no error of the server's, nobody let in.
use strict;
use warnings;
use lib 't/lib';
use IO::Socket::INET;
use PlusAuth::Attack;
use PlusAuth::Test;
use Test::More;

my $app = site('app');
my ($port) = $app =~ /:(\d+)$/;
faults();
my $browser = browser();
$browser->visit("$app/app/page.html");
my $session = session_cookie($browser);

# Bytes as they stand; everything that comes back.
sub raw {
    my ($bytes) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "connect: $!\n";
    local $SIG{PIPE} = 'IGNORE';
    print {$socket} $bytes;
    $socket->shutdown(1);
    local $/;
    return <$socket> // '';
}

my @queries = ('?', '?&', '?&&&', '?=', '?==&=', '?state', '?state=', '?state&code', '?%', '?%zz', '?a=%', '?a=%0', '?a=%00',
    '?state=%00', '?code=%00&state=%00', '?return_to=%00', '?return_to=' . 'x' x 7000, '?' . 'a&' x 3000, '?' . 'a=b&' x 100,
    '?state=' . '%41' x 2000, '?iss=&iss=', '?code=%ff%fe&state=%c0%80', "?\x{ff}\x{fe}", '?+', '?a=b;c=d', '?[]=', '?a[b]=c');
for my $path ('/login', '/login/callback', '/logout', '/app/page.html') {
    subtest "queries at $path" => sub {
        for my $query (@queries) {
            my $text = raw("GET $path$query HTTP/1.1\r\nHost: localhost:$port\r\nConnection: close\r\nAccept: text/html\r\n\r\n");
            my $shown = length $query > 40 ? substr($query, 0, 40) . '...' : $query;
            like $text, qr{^HTTP/1\.1 (?:200|30[123]|4\d\d) }, ($shown =~ s/[^ -~]/?/gr);
            ok $text !~ $PROTECTED, 'nothing protected' if $path =~ /app/;
        }
    };
}

my @bodies = (['no body', ''], ['an empty body', "Content-Length: 0\r\n"], ['no type', "Content-Length: 3\r\n", 'a=b'],
    ['a wrong type', "Content-Type: text/plain\r\nContent-Length: 3\r\n", 'a=b'],
    ['a type of nothing', "Content-Type: \r\nContent-Length: 3\r\n", 'a=b'],
    ['an empty form', "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n", ''],
    ['separators', "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5\r\n", '&&=&&'],
    ['many fields', "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 4000\r\n", 'confirm=&' x 444 . 'conf'],
    ['a long field', "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n", 'confirm=' . 'A' x 99992],
    ['a bad escape', "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n", 'confirm=%zz'],
    ['a NUL', "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n", 'confirm=%00'],
    ['less than it says', "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 50\r\n", 'confirm=x'],
    ['chunks that are none', "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n", "zz\r\nconfirm=x\r\n0\r\n\r\n"],
    ['multipart', "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9\r\n", "--x--\r\n\r\n"]);
for my $path ('/login', '/login/callback', '/logout', '/app/page.html') {
    subtest "bodies at $path" => sub {
        for my $case (@bodies) {
            my ($name, $headers, $body) = @$case;
            my $text = raw("POST $path HTTP/1.1\r\nHost: localhost:$port\r\nConnection: close\r\nSec-Fetch-Site: cross-site\r\n"
                . "Cookie: plusauth=$session\r\n$headers\r\n" . ($body // ''));
            # A body that ends too soon may end in nothing at all.
            like $text, qr{^(?:HTTP/1\.1 (?:200|30[123]|4\d\d) |$)}, $name;
        }
        ok signed_in($browser, "$app/app/page.html"), 'and nobody was signed out';
    };
}

my @cookies = ('', ';', ';;;', '=', '=;=', 'plusauth', 'plusauth=', 'plusauth==', "plusauth=$session=", " plusauth = $session ",
    "plusauth=\"$session\"", 'plusauth-login-0', 'plusauth-login-0=', 'plusauth-login-9=x', 'plusauth-login-=x',
    'plusauth-login-0=' . 'A' x 400, 'plusauth-login-0=' . 'A' x 5000, join('; ', map { "plusauth-login-$_=" . 'A' x 390 } 0 .. 9),
    'plusauth=' . '%' x 43, "plusauth=\x{ff}" . 'A' x 42, 'a' x 7000, 'a=b;' x 1500, '"plusauth=' . $session . '"', "\tplusauth=$session");
subtest 'Cookie headers' => sub {
    for my $cookie (@cookies) {
        my $text = raw("GET /app/page.html HTTP/1.1\r\nHost: localhost:$port\r\nConnection: close\r\nAccept: text/html\r\nCookie: $cookie\r\n\r\n");
        my $shown = length $cookie > 40 ? substr($cookie, 0, 40) . '...' : $cookie;
        like $text, qr{^HTTP/1\.1 (?:200|302|400) }, "'" . ($shown =~ s/\Q$session\E/SESSION/r =~ s/[^ -~]/?/gr) . "'";
        like $text, qr{^HTTP/1\.1 302 }, 'is no session' if $cookie !~ /\Q$session\E/ && $text !~ m{^HTTP/1\.1 400};
    }
};

# httpd joins them by commas. HTTP/1.1 lets a client send one alone (RFC 6265 5.4), and what HTTP/2 divides is joined
# by ';' before it is here (t/http2.t).
subtest 'several Cookie headers of HTTP/1.1 are one value, and no session' => sub {
    my $text = raw("GET /app/page.html HTTP/1.1\r\nHost: localhost:$port\r\nConnection: close\r\nAccept: text/html\r\n"
        . "Cookie: a=1\r\nCookie: plusauth=$session\r\n\r\n");
    like $text, qr{^HTTP/1\.1 302 }, 'nobody is signed in';
    $text = raw("GET /open/cgi HTTP/1.1\r\nHost: localhost:$port\r\nConnection: close\r\nAccept: text/html\r\n"
        . "Cookie: a=1\r\nCookie: b=2\r\n\r\n");
    like $text, qr/HTTP_COOKIE":"a=1, b=2"/, 'the program behind sees what httpd makes of them';
};

subtest 'cookies without blanks between them arrive as they are' => sub {
    my $many = 'a=;' x 2000;
    for my $cookie ("${many}plusauth=$session", "plusauth=$session;$many", "$many") {
        my $seen = environment(browser()->get("$app/open/cgi", Cookie => $cookie))->{HTTP_COOKIE};
        ok $seen eq ($cookie =~ /^(.*);plusauth/ ? $1 : $many), length($cookie) . ' bytes';
    }
};

subtest 'Host headers' => sub {
    for my $host ('', 'evil.example', 'localhost', 'LOCALHOST:' . $port, "localhost:$port.", '[::1]', '..', 'a:b:c', '@evil', "localhost:$port\@evil",
        'evil.example/path', 'x' x 300, "localhost:99999", 'evil.example:80') {
        my $text = raw("GET /app/page.html HTTP/1.1\r\nHost: $host\r\nConnection: close\r\nAccept: text/html\r\n\r\n");
        like $text, qr{^HTTP/1\.1 (?:302|400) }, "'$host'";
        my ($location) = $text =~ /^Location: (.*?)\r$/mi;
        like $location // "$app/", qr{^(?:\Q$app\E/|http://127\.0\.0\.1:\d+/i/app/authorize\?)}, 'leads nowhere else';
    }
    like raw("GET /app/page.html HTTP/1.0\r\n\r\n"), qr{^HTTP/1\.1 302 }, 'HTTP/1.0 without';
    like raw("GET http://evil.example/app/page.html HTTP/1.1\r\nHost: localhost:$port\r\nConnection: close\r\nAccept: text/html\r\n\r\n"),
        qr{^HTTP/1\.1 (?:302|400) (?s:(?!\r\n\r\n).)*Location: (?:\Q$app\E/|http://127\.0\.0\.1:\d+/i/app/)}s, 'an absolute target';
};

subtest 'the same callback six times at once: one exchange, one session' => sub {
    faults();
    my $starter = browser();
    my $callback = $starter->until("$app/app/page.html", qr{/login/callback});
    my @pipes = map {
        pipe(my $in, my $out) or die;
        my $pid = fork // die;
        if (!$pid) {
            my $own = $starter->clone;
            my $code = $own->get($callback)->code;
            print {$out} $code, ' ', session_cookie($own) ? 1 : 0;
            close $out;
            require POSIX;
            POSIX::_exit(0);
        }
        close $out;
        [$pid, $in];
    } 1 .. 6;
    my %seen;
    for my $pipe (@pipes) {
        my $in = $pipe->[1];
        $seen{ do { local $/; <$in> } }++;
        waitpid $pipe->[0], 0;
    }
    is scalar calls_to('/oauth2/token'), 1, 'the code was sent once';
    is_deeply \%seen, { '302 1' => 1, '400 0' => 5 }, 'one session';
};

done_testing;
