# availability.t: what strangers can do to everybody else's logins. A stranger has no account and no key,
# and as many connections as he likes.
use strict;
use warnings;
use lib 't/lib';
use HTTP::Tiny;
use IO::Socket::INET;
use PlusAuth::Flood;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

# Forged for the site's client; only the key is missing.
sub forged {
    my ($site) = @_;
    my $token = PlusAuth::Flood::forged_token(iss => 'http://127.0.0.1:' . vars('faulty_port') . '/i/' . $site->issuer,
        aud => 'client', iat => time, exp => time + 120, jti => 'x', sub => 'user-1',
        events => '{"http://schemas.openid.net/event/backchannel-logout":{}}');
    return "logout_token=$token";
}

# How many of so many logins ended well. Under load httpd closes connections that are kept alive, which
# a browser survives and LWP does not: each request has a connection of its own.
sub logins {
    my ($site, $count) = @_;
    my $good = 0;
    for (1 .. $count) {
        my $browser = browser();
        $browser->{agent}->conn_cache(undef);
        my $answer = $browser->visit($site->page);
        $good++ if $answer->code == 200;
        diag 'a login ended with ', $answer->as_string if $answer->code != 200;
    }
    return $good;
}

subtest 'forged logout tokens of an unknown key, over 150 connections, refuse no login' => sub {
    faults();
    my $site = PlusAuth::Site->new('flooded')->start;
    is logins($site, 1), 1, 'a login before the flood';
    my $flood = PlusAuth::Flood->start($site->url('/logout/backchannel'), forged($site), connections => 150);
    is logins($site, 25), 25, 'all logins during the flood';
    provider('', { faults => ['jwks.rolled'] });
    is logins($site, 5), 5, 'and those with a key that is new';
    my %answers = $flood->stop;
    ok $answers{400}, 'the tokens were refused';
    diag "answers to the flood: @{[%answers]}" if keys %answers > 1;
    cmp_ok scalar calls_to('/jwks'), '<=', 3, 'the key set was fetched at the first login, for strangers, and for a login';
};

# A minute of the log's may be part of two minutes of the limit's, each with a line that counts.
subtest '500 forged logout tokens write few lines at the default LogLevel, and none is uncounted' => sub {
    faults();
    my $site = PlusAuth::Site->new('quiet', config => "LogLevel plusauth:warn\n")->start;
    is logins($site, 1), 1, 'a login before';
    my $agent = HTTP::Tiny->new(keep_alive => 1);
    my %codes;
    $codes{ $agent->post($site->url('/logout/backchannel'), { content => forged($site),
        headers => { 'Content-Type' => 'application/x-www-form-urlencoded' } })->{status} }++ for 1 .. 500;
    is_deeply \%codes, { 400 => 500 }, 'all are refused';
    my %lines;
    $lines{$1}++ for $site->log_since(0) =~ /^\[\w+ \w+ \d+ (\d+:\d+):.*logout/mg;
    ok %lines, 'the log tells of it';
    cmp_ok $lines{$_}, '<=', 2 * (10 + 1), "$lines{$_} lines at $_" for sort keys %lines;
};

# So many callbacks with invented codes, each of a login that its own browser began; one connection each.
sub invent_codes {
    my ($site, $count) = @_;
    my @requests;
    for (1 .. $count) {
        my $browser = browser();
        my $answer = $browser->get($site->page);
        my ($state) = ($answer->header('Location') // '') =~ /[?&]state=([^&]+)/ or die 'no login: ' . $answer->code;
        my $iss = 'http%3A%2F%2F127.0.0.1%3A' . vars('faulty_port') . '%2Fi%2F' . $site->issuer;
        my $cookie = $browser->cookie_header('localhost', '/', 'http');
        push @requests, "GET /login/callback?code=made-up&state=$state&iss=$iss HTTP/1.1\r\n"
            . "Host: localhost:$site->{port}\r\nCookie: $cookie\r\nConnection: close\r\n\r\n";
    }
    # All logins have begun before the first callback takes a worker.
    return map {
        my $socket = IO::Socket::INET->new(PeerAddr => 'localhost', PeerPort => $site->{port}) or die "connect: $!\n";
        print {$socket} $_;
        $socket;
    } @requests;
}

# Their status codes, once all are answered.
sub codes_of {
    return map { my $line = readline $_; $line && $line =~ /^HTTP\S+ (\d+)/ ? $1 : 'none' } @_;
}

# With prefork no connection waits behind a process that is busy.
my %SITE = (
    'a thread a process' => { mpm => 'prefork', config => "ServerLimit 6\nStartServers 6\nMaxRequestWorkers 6\n"
        . "MinSpareServers 1\nMaxSpareServers 6\n" },
    'one process' => { config => "ServerLimit 1\nStartServers 1\nThreadsPerChild 6\nThreadLimit 6\nMaxRequestWorkers 6\n" },
);
for my $name (sort keys %SITE) {
    subtest "invented codes at a token endpoint that hangs take half of the workers at most: $name" => sub {
        faults('token.hang');
        my %site = %{ $SITE{$name} };
        my $site = PlusAuth::Site->new('bounded', %site, config => "$site{config}PlusAuthHTTPTimeout 2s 20s\n")->start;
        my @sockets = invent_codes($site, 12);
        ok poll(60, sub { calls_to('/oauth2/token') == 3 }), 'half of the workers wait';
        is browser()->get($site->url('/open/sorry.html'))->code, 200, 'another is free for a page';
        is scalar(calls_to('/oauth2/token')), 3, 'no more than those wait';
        my @codes = codes_of(@sockets);
        is scalar(grep { $_ eq '503' } @codes), 9, "the others are told to come back: @codes";
        is scalar(calls_to('/oauth2/token')), 3, 'no more than those asked';
        faults();
        is logins($site, 2), 2, 'all places are free again';
    };
}

subtest 'a child that is killed while it waits leaves its places' => sub {
    faults('token.hang');
    my %site = %{ $SITE{'a thread a process'} };
    my $site = PlusAuth::Site->new('killed', %site, config => "$site{config}PlusAuthHTTPTimeout 2s 60s\n")->start;
    for my $round (1 .. 3) {
        faults('token.hang');
        my @sockets = invent_codes($site, 3);
        ok poll(60, sub { calls_to('/oauth2/token') == 3 }), "round $round: three wait";
        my %before = map { $_ => 1 } $site->children;
        kill KILL => keys %before;
        ok poll(60, sub { my @now = $site->children; @now && !grep { $before{$_} } @now }), 'others take their place';
    }
    faults();
    ok poll(60, sub { browser()->get($site->page)->code == 302 }), 'the site serves';
    is logins($site, 2), 2, 'and logins find a place';
};

done_testing;
