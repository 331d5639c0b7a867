# flood.t: what a stranger can cause is written to the error log a few times a minute, with a count of
# the rest, and hides nothing of other kinds (attack 14).
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

my $PER_CLIENT = 10; # PA_LOG_CLIENT_LINES
my $ORDINARY = 10;   # PA_REFUSAL_ORDINARY_LINES
my $REQUESTS = 300;
faults();
my $site = PlusAuth::Site->new('flood', modules => ['remoteip'], config => <<'CONFIG')->start;
LogLevel warn
RemoteIPHeader X-Client
RemoteIPInternalProxy 127.0.0.1
CONFIG

sub lines_like {
    my ($pattern) = @_;
    return grep { $_ =~ $pattern } split /\n/, $site->log_since(0);
}

# A flood can begin in one minute and end in the next, or the one after on a slow machine.
sub most {
    my ($lines, $minutes) = @_;
    return $lines * $minutes;
}

sub flood {
    my ($url, $client) = @_;
    my $browser = browser();
    my $from = int(time / 60);
    my $last;
    $last = $browser->fetch($url, 'X-Client' => $client) for 1 .. $REQUESTS;
    return ($last, int(time / 60) - $from + 1);
}

my $callback = $site->url('/login/callback?code=x&state=y');
my ($last, $minutes) = flood($callback, '192.0.2.1');
is $last->code, 400, 'a refusal';
my @lines = lines_like(qr/callback refused/);
cmp_ok scalar @lines, '>=', $PER_CLIENT, 'the first lines of one client are written';
cmp_ok scalar @lines, '<=', most($PER_CLIENT, $minutes), "$REQUESTS requests of one client write a few lines";

subtest 'while one client floods, another finds its line' => sub {
    my $answer = browser()->fetch($callback, 'X-Client' => '192.0.2.2');
    my $id = json($answer)->{request_id};
    my @found = lines_like(qr/\Q[$id]\E/);
    is scalar @found, 1, 'its line is there';
    my ($count) = "@found" =~ /\((\d+) more like this were not written\)/;
    my $told = 0;
    $told += $_ for map { /(\d+) more l/ ? $1 : () } lines_like(qr/more like this|more lines like/);
    is $told + scalar(grep { /callback refused/ } lines_like(qr/callback refused/)), $REQUESTS + 1,
        'and what was written and what was counted make all';
};

subtest 'another kind from the same client is written' => sub {
    my $id = json(browser()->fetch($site->url('/login?iss=x'), 'X-Client' => '192.0.2.1'))->{request_id};
    is scalar lines_like(qr/\Q[$id]\E/), 1, 'its line is there';
};

subtest 'an IPv6 /64 is one client' => sub {
    my $before = lines_like(qr/login: method/);
    my $from = int(time / 60);
    browser()->request('DELETE', $site->url('/login'), ['X-Client' => "2001:db8::$_"]) for 1 .. 3 * $PER_CLIENT;
    my $written = lines_like(qr/login: method/) - $before;
    cmp_ok $written, '<=', most($PER_CLIENT, int(time / 60) - $from + 1), 'its addresses share what it may write';
    cmp_ok $written, '>=', $PER_CLIENT, 'which is something';
};

subtest 'scripts that ask before somebody has signed in write little' => sub {
    my $from = int(time / 60);
    browser()->fetch($site->page, 'X-Client' => "192.0.2.$_") for 1 .. 5 * $ORDINARY;
    my $written = lines_like(qr/this is no visit/);
    cmp_ok $written, '<=', most($ORDINARY, int(time / 60) - $from + 1), 'however many clients there are';
    cmp_ok $written, '>=', $ORDINARY, 'but not nothing';
};

done_testing;
