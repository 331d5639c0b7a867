# cluster.t: three servers that share a store are one: a login at one is a login at all, a logout at one
# is a logout at all, at once; and one that is killed takes nobody's session along.
#
#   PLUSAUTH_ROUNDS=20    how often one of them is killed
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Load;
use PlusAuth::Logout;
use PlusAuth::Site;
use PlusAuth::Stores;
use PlusAuth::Test;
use POSIX ();
use Test::More;
use Time::HiRes 'time';

my $ROUNDS = $ENV{PLUSAUTH_ROUNDS} || 20;
my $SESSIONS = 24;
my $USERS = 4; # at once

# What browsers call all three.
my $name = 'http://cluster.test';
my $page = "$name/app/page.html";

my $redis = PlusAuth::Stores->start('redis') or plan skip_all => 'no redis-server here';
my $address = $redis->address;
faults();

# [what, its directives, whether the records of sessions are in redis]
for my $mode (
    ['redis', "PlusAuthSessionStore redis://$address", 1],
    ['cookie', "PlusAuthSessionStore cookie redis://$address\nPlusAuthKey a-key-that-all-three-share", 0],
) {
    my ($what, $directives, $records) = @$mode;
    subtest "sessions in $what" => sub {
        my %servers = map { $_ => server("$what$_", $what, $directives) } qw(A B C);
        $_->start for values %servers;
        one_server(\%servers);
        what_it_costs(\%servers, $records);
        what_redis_sees(\%servers, $records);
        everywhere(\%servers);
        crashes(\%servers);
    };
}

sub server {
    my ($own, $issuer, $directives) = @_;
    return PlusAuth::Site->new($own, issuer => "cluster-$issuer",
        config => "PlusAuthOrigin $name\nPlusAuthSessionIdle 2min\n$directives\n");
}

# Whom the browser asks from now on.
sub at {
    my ($browser, $server) = @_;
    $browser->{at} = { $name => $server->url };
    return $browser;
}

sub signed_in_through {
    my ($server) = @_;
    return signed_in_at($page, at => { $name => $server->url });
}

# The names of those servers where a browser is signed in.
sub where {
    my ($servers, $browser) = @_;
    my $copy = $browser->clone;
    return join '', grep { signed_in(at($copy, $servers->{$_}), $page) } sort keys %$servers;
}

sub one_server {
    my ($servers) = @_;
    my ($a, $b, $c) = @$servers{qw(A B C)};
    my $issuer = $a->issuer;
    subtest 'a login at A' => sub {
        my $browser = signed_in_through($a);
        my $id = session_cookie($browser);
        is where($servers, $browser), 'ABC', 'is one at all';
        is json(at($browser, $b)->fetch("$name/login/user"))->{sub}, 'user-1', 'B knows who it is';
        is session_cookie($browser), $id, 'by the same cookie';
        taken_with_200(post_token($c->url, logout_token($issuer, { sid => sid_of($browser) })), 'a logout at C');
        is where($servers, $browser), '', 'is one at all, on the next request';
    };
    subtest 'a login that begins at A and ends at B' => sub {
        my $browser = browser(at => { $name => $a->url });
        my $callback = $browser->until($page, qr{/login/callback});
        is at($browser, $b)->visit($callback)->code, 200, 'works';
        is where($servers, $browser), 'ABC', 'at all';
        my $copy = $browser->clone;
        at($browser, $c)->get("$name/logout");
        is where($servers, $copy), '', 'its user signs out at C: a copied cookie is dead at all';
    };
    subtest 'who a logout means' => sub {
        user(sub => 'user-2', username => 'grace');
        my @hers = map { signed_in_through($_) } $a, $b, $c;
        user(sub => 'user-1', username => 'ada');
        my @his = map { signed_in_through($_) } $a, $b, $c;
        my $token = logout_token($issuer, { sub => 'user-2' });
        taken_with_200(post_token($b->url, $token), 'a sub, at B');
        is where($servers, $_), '', 'all of hers have ended' for @hers;
        is where($servers, $_), 'ABC', 'none of his' for @his;
        refused_with_400(post_token($c->url, $token), 'the same token, at C: known there too');
        refused_with_400(post_token($c->url, logout_token($issuer, { sid => sid_of($his[0]) }, 'jws.genuine_ES256')),
            'an algorithm that A alone has seen is the one at C');
        taken_with_200(post_token($c->url, logout_token($issuer, { sid => sid_of($his[0]) })), 'a sid, at C');
        is where($servers, $his[0]), '', 'has ended';
        is where($servers, $his[1]), 'ABC', 'the others live';
    };
    subtest 'a login at A is under way while C signs its user out' => sub {
        my $browser = browser(at => { $name => $a->url });
        my $callback = $browser->until($page, qr{/login/callback});
        faults('token.held');
        my $pid = open(my $from, '-|') // die "fork: $!\n";
        if (!$pid) {
            $browser->get($callback);
            my %all = $browser->cookies('cluster.test');
            syswrite STDOUT, join "\n", map { "$_=$all{$_}" } keys %all;
            POSIX::_exit(0);
        }
        ok poll(20, sub { calls_to('/oauth2/token') }), 'under way';
        taken_with_200(post_token($c->url, logout_token($issuer, { sub => 'user-1' })), 'the logout');
        is provider('release')->{released}, 1, 'the login comes to its end';
        my $late = browser();
        while (defined(my $line = <$from>)) {
            $late->set_cookie($1 => $2, 'cluster.test') if $line =~ /^([^=]+)=([^\n]*)/;
        }
        my %all = $late->cookies('cluster.test');
        ok scalar(grep { /^plusauth(?!-login)/ } keys %all), 'with a cookie';
        is where($servers, $late), '', 'that open nothing, anywhere';
        faults();
    };
    return;
}

# How many commands redis was given so far, but for INFO.
sub commands {
    my $count = 0;
    my $said = $redis->redis('INFO', 'commandstats');
    $count += $2 while $said =~ /cmdstat_(?!info)(\w+):calls=(\d+)/g;
    return $count;
}

sub what_it_costs {
    my ($servers, $records) = @_;
    subtest 'what a request costs' => sub {
        my $browser = signed_in_through($servers->{A});
        ok signed_in($browser, $page), 'signed in';
        my $before = commands();
        my @served = map { signed_in($browser, $page) ? 1 : () } 1 .. 10;
        is scalar(@served), 10, 'ten requests';
        my $asked = commands() - $before;
        cmp_ok $asked, '<=', 10, 'ask the store at most once each, and write nothing';
        is $asked, 10, 'and that for the record of the session' if $records;
    };
    return;
}

# Everything in redis, as text: key and value of each record.
sub dump_of_redis {
    my %all = map { $_ => $redis->redis('GET', $_) // '' } @{ $redis->redis('KEYS', '*') };
    return %all;
}

sub what_redis_sees {
    my ($servers, $records) = @_;
    my ($a, $b) = @$servers{qw(A B)};
    subtest 'what redis sees' => sub {
        user(sub => 'a-subject-that-nobody-shall-find', username => 'a-name-to-hide', email => 'hide@example.test');
        faults('token.refresh_token');
        my @browsers = map { signed_in_through($a) } 1 .. 2;
        my ($bearer) = map { $_->{headers}{authorization} =~ /^Bearer (.+)/ } calls_to('/oidc/userinfo');
        my $id_token = logout_token($a->issuer, {}, 'logout.id_token');
        user(sub => 'user-1', username => 'ada', email => 'ada@example.test');
        faults();
        my %secrets = (
            'the subject' => 'a-subject-that-nobody-shall-find', 'the name' => 'a-name-to-hide',
            'the address' => 'hide@example.test', 'the session of the provider' => sid_of($browsers[0]),
            'the access token' => $bearer, 'the refresh token' => 'a-refresh-token',
            'the ID token' => $id_token, 'its claims' => (split /\./, $id_token)[1],
            'the cookie' => join('', { $browsers[0]->cookies('cluster.test') }->{plusauth}),
            'the client secret' => 's3cret-that', 'the issuer' => '/i/cluster',
        );
        my $found = sub {
            my %all = dump_of_redis();
            return grep { my $text = $_; grep { index($_, $text) >= 0 } %all } $_[0], unpack('H*', $_[0]), uc unpack('H*', $_[0]);
        };
        my %all = dump_of_redis();
        cmp_ok scalar(keys %all), '>=', 1, scalar(keys %all) . ' records';
        for my $secret (sort keys %secrets) {
            cmp_ok length($secrets{$secret} // ''), '>', 8, "$secret is known here";
            ok !$found->($secrets{$secret}), 'and not found there';
            $redis->redis('SET', 'control', "xx$secrets{$secret}yy");
            ok scalar($found->($secrets{$secret})), 'where it would be seen';
            $redis->redis('DEL', 'control');
        }
        return if !$records;
        my @long = grep { length $all{$_} > 600 } keys %all;
        cmp_ok scalar(@long), '>=', 2, 'records of sessions';
        is where($servers, $_), 'ABC', 'signed in' for @browsers;
        # Each gets the record of another one.
        my %others;
        @others{@long} = map { $all{$_} } @long[1 .. $#long, 0];
        my $put = sub { my ($key, $value) = @_; $redis->redis('SET', $key, $value, 'EX', 3600) };
        $put->($_, $others{$_}) for @long;
        is where($servers, $_), '', 'records that were exchanged are nobody\'s' for @browsers;
        $put->($_, $all{$_}) for @long;
        is where($servers, $_), 'ABC', 'each in its place they are good' for @browsers;
        for my $at (0, 12, 300, -1) {
            for my $key (@long) {
                my $forged = $all{$key};
                substr($forged, $at, 1) = chr(ord(substr $forged, $at, 1) ^ 1);
                $put->($key, $forged);
            }
            is where($servers, $_), '', "forged at $at: nobody's" for @browsers;
        }
        $put->($_, substr $all{$_}, 0, 100) for @long;
        is where($servers, $_), '', 'cut short: nobody\'s' for @browsers;
        $put->($_, $all{$_}) for @long;
        is where($servers, $_), 'ABC', 'and good again' for @browsers;
    };
    return;
}

# Whoever ends a session, and however, ends it everywhere.
sub everywhere {
    my ($servers) = @_;
    my $iss = 'http://127.0.0.1:' . vars('faulty_port') . '/i/' . $servers->{A}->issuer;
    my %ways = (
        'its user' => sub { at($_[0], $servers->{B})->get("$name/logout") },
        'the front channel' => sub { at($_[0], $servers->{C})->get("$name/logout/frontchannel?iss=$iss&sid=$_[1]") },
        'another login' => sub {
            my $callback = at($_[0]->clone, $servers->{B});
            my %all = $callback->cookies('cluster.test');
            $callback->drop_cookie($_, 'cluster.test') for keys %all;
            my $url = $callback->until($page, qr{/login/callback});
            $callback->set_cookie($_ => $all{$_}, 'cluster.test') for grep { !/login/ } keys %all;
            $callback->visit($url);
        },
    );
    for my $way (sort keys %ways) {
        subtest "ended by $way" => sub {
            my $browser = signed_in_through($servers->{A});
            my $copy = $browser->clone;
            is where($servers, $copy), 'ABC', 'lives';
            $ways{$way}->($browser, sid_of($browser));
            is where($servers, $copy), '', 'gone at all';
        };
    }
    return;
}

# Appends a byte for each request that a user made, so that others can wait for some.
sub progress { return -s $_[0] || 0 }

# One user of all sessions at all servers, until the file `stop` is there. Prints what went wrong:
# server, from when to when, and what.
sub use_them {
    my ($servers, $browsers, $directory) = @_;
    open my $count, '>>', "$directory/count" or die "count: $!\n";
    my @names = sort keys %$servers;
    my @copies = map { my $copy = $_->clone; $copy->{agent}->conn_cache(undef); $copy } @$browsers;
    until (-e "$directory/stop") {
        my $where = $names[rand @names];
        my $copy = at($copies[rand @copies], $servers->{$where});
        my $begun = time;
        my $answer = $copy->get($page);
        my $ended = time;
        syswrite $count, '.';
        next if $answer->code == 200 && $answer->decoded_content =~ /the protected page/;
        my $no_answer = ($answer->header('Client-Warning') // '') eq 'Internal response';
        print "$where $begun $ended ", $no_answer ? 'connection' : $answer->code, "\n";
    }
    return;
}

# kill -9 of all its processes: nothing is tidied up.
sub crash {
    my ($server) = @_;
    my $pid = $server->pid or die "no httpd\n";
    kill KILL => -$pid or die "kill: $!\n";
    poll(30, sub { !$server->_listens }) or die "it is still there\n";
    unlink $server->directory . '/pid';
    return;
}

# wrk at a server, with the sessions as they are now.
sub load_on {
    my ($server, $browsers) = @_;
    signed_in(at($_, $server), $page) for @$browsers; # which renews a cookie that is due
    my @cookies = map {
        my %all = $_->cookies('cluster.test');
        join '; ', map { "$_=$all{$_}" } grep { !/login/ } sort keys %all;
    } @$browsers;
    return PlusAuth::Load->start($server->page, \@cookies, connections => 2, headers => ['Host: cluster.test']);
}

sub crashes {
    my ($servers) = @_;
    my %wrk = (requests => 0, errors => '');
    my @names = sort keys %$servers;
    subtest "$ROUNDS crashes under load" => sub {
        my @browsers = map { signed_in_through($servers->{ $names[$_ % 3] }) } 1 .. $SESSIONS;
        my $directory = File::Temp->newdir('plusauth-load-XXXXXX', TMPDIR => 1);
        my @users = map {
            my $pid = open(my $from, '-|') // die "fork: $!\n";
            if (!$pid) {
                $| = 1;
                srand $_;
                eval { use_them($servers, \@browsers, $directory); 1 } or print "died: $@\n";
                POSIX::_exit(0);
            }
            $from;
        } 1 .. $USERS;
        my $some = sub { my $now = progress("$directory/count");
            poll(60, sub { progress("$directory/count") >= $now + 10 * $USERS }) };
        my @outages;
        for my $round (1 .. $ROUNDS) {
            my $victim = $names[$round % 3];
            my @load = map { load_on($servers->{$_}, \@browsers) // () } grep { $_ ne $victim } @names;
            my $more = $some->();
            my $begun = time;
            crash($servers->{$victim});
            $more &&= $some->();
            $servers->{$victim}->start;
            push @outages, [$victim, $begun, time];
            for my $said (map { $_->stop } @load) {
                $wrk{requests} += $said->{requests};
                $wrk{errors} .= $said->{text} if !$said->{requests} || $said->{text} =~ /Non-2xx|Socket errors/;
            }
            ok $more, "round $round: $victim killed and back, the others went on" if !$more || $round == $ROUNDS;
        }
        $some->();
        open my $stop, '>', "$directory/stop" or die "stop: $!\n";
        close $stop;
        my @wrong = map { my $from = $_; my @lines = <$from>; close $from; @lines } @users;
        my @unexplained = grep { !explained($_, \@outages) } @wrong;
        is_deeply \@unexplained, [], 'errors only on connections to the one that was down';
        my $requests = progress("$directory/count");
        is $wrk{errors}, '', "no error in the $wrk{requests} requests of wrk to the other two";
        note "$requests requests, " . scalar(@wrong) . ' without an answer';
        cmp_ok scalar(@wrong), '>', 0, 'which there were: it was down indeed';
        my @lost = grep { where($servers, $_) ne 'ABC' } @browsers;
        is scalar(@lost), 0, "none of $SESSIONS sessions was lost";
        taken_with_200(post_token($servers->{A}->url, logout_token($servers->{A}->issuer, { sub => 'user-1' })),
            'and a logout');
        my @living = grep { where($servers, $_) ne '' } @browsers;
        is scalar(@living), 0, 'still ends all of them, everywhere';
    };
    return;
}

# Whether a line of use_them's tells of a connection to a server while that was down.
sub explained {
    my ($line, $outages) = @_;
    my ($where, $begun, $ended, $what) = split ' ', $line;
    return $what eq 'connection' && grep { $_->[0] eq $where && $_->[1] <= $ended && $_->[2] >= $begun } @$outages;
}

subtest 'attack 63: a provider that has been down since the server started' => sub {
    my $issuer = vars('faulty_flaky') . '/i/cluster-down';
    my $server = PlusAuth::Site->new('down', modules => ['socache_redis'],
        config => "PlusAuthIssuer $issuer\nPlusAuthSessionStore redis://$address\n");
    provider('', { open => ['flaky'] });
    $server->start;
    my $browser = signed_in_at($server->page);
    provider('', { close => ['flaky'] });
    $server->restart;
    ok signed_in($browser, $server->page), 'who was signed in still is';
    my $copy = $browser->clone;
    my $answer = $browser->get($server->url('/logout'));
    is $answer->code, 200, 'a logout ends with a page';
    like page_text($answer), qr/Signed out here.*could not be told/, 'that says what could not be done';
    ok !signed_in($copy, $server->page), 'and the session is gone';
};

done_testing;
