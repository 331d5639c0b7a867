# lifetime.t: PlusAuthConnectionLifetime ends what goes on: a WebSocket, an answer without an end, a download.
use strict;
use warnings;
use lib 't/lib';
use Apache::Test 'have_module';
use Digest::SHA 'sha1_base64';
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

my $SECONDS = 60; # longer than anything here takes
my $MEGABYTES = 64;

# A WebSocket server that says "tick" ten times a second, until its client is gone.
my $upstream = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 16) or die "no upstream: $!\n";
defined(my $upstream_pid = fork) or die "fork: $!\n";
if (!$upstream_pid) {
    close STDOUT;
    close STDERR;
    $SIG{CHLD} = 'IGNORE';
    while (my $client = $upstream->accept) {
        next if fork;
        alarm 5 * $SECONDS;
        my $request = '';
        $request .= readline $client while $request !~ /\r\n\r\n/;
        my ($key) = $request =~ /^Sec-WebSocket-Key: (\S+)/mi;
        my $accept = sha1_base64($key . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11') . '=';
        $client->autoflush(1);
        $SIG{PIPE} = sub { POSIX::_exit(0) };
        print {$client} "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
            "Sec-WebSocket-Accept: $accept\r\n\r\n";
        while (1) {
            print {$client} "\x81\x04tick" or last;
            select undef, undef, undef, 0.1;
        }
        POSIX::_exit(0);
    }
}

my $site = PlusAuth::Site->new('lifetime');
my $directory = $site->directory;
my $port = $upstream->sockport;
sub write_file {
    my ($name, $mode, @lines) = @_;
    open my $out, '>', "$directory/$name" or die "$name: $!\n";
    print {$out} @lines;
    truncate $out, $MEGABYTES << 20 if $name eq 'large';
    close $out;
    chmod $mode, "$directory/$name";
}
write_file('endless', 0755, "#!$^X\n", '$| = 1; print "Content-Type: text/event-stream\r\n\r\n"; while (print "tick\n") { select undef, undef, undef, 0.1 }');
write_file('large', 0644);

sub config {
    my ($limit, $more) = @_;
    my $text = "<IfModule http2_module>\nProtocols h2c http/1.1\n</IfModule>\n" . ($more // '');
    for my $place ('app/limited', 'app/free') {
        $text .= "ProxyPass /$place/ws http://127.0.0.1:$port/ upgrade=websocket\nAlias /$place/ $directory/\n"
            . "<Location /$place/endless>\nSetHandler cgi-script\nOptions +ExecCGI\n</Location>\n";
    }
    return "$text<Location /app/limited>\nPlusAuthConnectionLifetime $limit\n</Location>\n"
        . "<Directory $directory>\nRequire all granted\n</Directory>\n";
}

# A connection that has sent its request.
sub ask {
    my ($browser, $path, @headers) = @_;
    my $address = $site->url =~ s{^http://localhost}{127.0.0.1}r;
    my $socket = IO::Socket::INET->new(PeerAddr => $address, Timeout => $SECONDS) or die "connect: $!\n";
    send_request($socket, $browser, $path, @headers);
    return $socket;
}

sub send_request {
    my ($socket, $browser, $path, @headers) = @_;
    my $cookie = 'plusauth=' . session_cookie($browser);
    print {$socket} join "\r\n", "GET $path HTTP/1.1", 'Host: localhost', "Cookie: $cookie", @headers, '', '';
}

sub open_websocket {
    my ($browser, $path) = @_;
    return ask($browser, $path, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==');
}

# Reads until something was read that matches; what was read.
sub read_until {
    my ($socket, $pattern) = @_;
    my $text = '';
    while ($text !~ $pattern) {
        IO::Select->new($socket)->can_read($SECONDS) or die "silence after " . length($text) . " bytes\n";
        sysread($socket, $text, 1 << 20, length $text) or last;
    }
    return $text;
}

sub read_to_end { return read_until($_[0], qr/(?!)/) }

sub signed_in_here {
    my $browser = browser();
    $browser->visit($site->page)->code == 200 or die "no login\n";
    return $browser;
}

sub ended { return scalar(() = $site->log_since($_[0]) =~ /ended by PlusAuthConnectionLifetime/g) }

faults();
$site->configure(config('1s'))->start;
my $browser = signed_in_here();
my $mark = $site->log_mark;

my $free = open_websocket($browser, '/app/free/ws');
like read_until($free, qr/tick/), qr{^HTTP/1.1 101 .*tick}s, 'a WebSocket opens';
my $kept = ask($browser, '/app/limited/page.html');
like read_until($kept, qr/\r\n\r\n/), qr{^HTTP/1.1 404 }, 'a short answer in a limited place';
my $limited = open_websocket($browser, '/app/limited/ws');
like read_until($limited, qr/tick/), qr{^HTTP/1.1 101 .*tick}s, 'so does a WebSocket there';
read_to_end($limited);
pass 'it ends';
is ended($mark), 1, 'and the log says so';
like read_until($free, qr/(?:.*tick){20}/s), qr/tick/, 'one that is not limited goes on';
send_request($kept, $browser, '/app/page.html', 'Connection: close');
like read_to_end($kept), qr{^HTTP/1.1 200 }m, 'a kept connection has a limit only while a request does';

$mark = $site->log_mark;
my $endless = ask($browser, '/app/free/endless');
read_until($endless, qr/tick/);
my $answer = read_to_end(ask($browser, '/app/limited/endless'));
like $answer, qr{^HTTP/1.1 200 .*tick}s, 'an answer without an end';
unlike $answer, qr/\r\n0\r\n/, 'is cut off';
is ended($mark), 1, 'the log says so';
ok length read_until($endless, qr/(?:.*tick){20}/s), 'one that is not limited goes on';

SKIP: {
    skip 'mod_http2 is not for this MPM', 3 if !have_module('http2');
    my $mark = $site->log_mark;
    my $said = qx(curl -sN --http2-prior-knowledge --max-time $SECONDS -H 'Cookie: plusauth=@{[session_cookie($browser)]}' '@{[$site->url('/app/limited/endless')]}' 2>&1);
    my $timed_out = $? >> 8 == 28;
    like $said, qr/^tick/, 'over HTTP/2 an answer begins';
    is ended($mark), 1, 'and is cut off as well';
    ok !$timed_out, 'and its stream is closed';
}

# A client that takes a file in small helpings.
sub download {
    my ($path) = @_;
    my $socket = ask($browser, $path, 'Connection: close');
    my $bytes = 0;
    while (my $read = sysread $socket, my ($data), 1 << 20) {
        $bytes += $read;
        select undef, undef, undef, 0.1 * $read / (1 << 20) if $path =~ /limited/;
    }
    return $bytes >> 20;
}
$mark = $site->log_mark;
cmp_ok download('/app/limited/large'), '<', $MEGABYTES, 'a slow download is cut off';
is ended($mark), 1, 'the log says so';
is download('/app/free/large'), $MEGABYTES, 'one that is not limited is complete';

$mark = $site->log_mark;
$site->configure(config('1h', "PlusAuthSessionLifetime 3s\n"));
$site->restart;
$browser = signed_in_here();
$limited = open_websocket($browser, '/app/limited/ws');
like read_until($limited, qr/tick/), qr/^HTTP\/1.1 101 /, 'a session that ends before the limit';
read_to_end($limited);
is ended($mark), 1, 'ends what it began';

kill KILL => $upstream_pid;
waitpid $upstream_pid, 0;
undef $site;
done_testing;
