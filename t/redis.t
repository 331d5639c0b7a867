# redis.t: sessions in Redis as people run it: with users and passwords, with TLS, behind Sentinels whose
# master is killed, in a cluster that moves its slots. Real redis-servers.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Logout;
use PlusAuth::Site;
use PlusAuth::Stores;
use PlusAuth::Test;
use POSIX ();
use Test::More;
use Time::HiRes ();

my $KEY = 'PlusAuthKey 1f0c7b53c0f1d7a2b4f5e6a798c1d3e5';
my $probe = PlusAuth::Stores->start('redis') or plan skip_all => 'no redis-server here';
undef $probe;
faults();

sub site_with {
    my ($name, $url, @more) = @_;
    return PlusAuth::Site->new($name, config => join("\n", "PlusAuthSessionStore $url", $KEY, @more) . "\n");
}

sub file {
    my ($path, $text) = @_;
    open my $out, '>', $path or die "$path: $!\n";
    print {$out} $text;
    close $out or die "$path: $!\n";
    chmod 0600, $path;
    return $path;
}

# Whether configtest takes a configuration, and what it says.
sub configtest {
    my ($site) = @_;
    $site->_write;
    my $said = qx('@{[vars('httpd')]}' -d '$site->{directory}' -f '$site->{directory}/httpd.conf' -t 2>&1);
    return ($? == 0, $said);
}

sub is_in { return signed_in($_[1], $_[0]->page) }

subtest 'a user with a password from a file' => sub {
    my $redis = PlusAuth::Stores->start('redis');
    $redis->redis(qw(ACL SETUSER app on >s3cret ~plusauth:* +get +set +del +eval));
    $redis->redis(qw(CONFIG SET requirepass admin));
    $redis->{password} = 'admin';
    my $password = file($redis->directory . '/password', "s3cret\n");
    my $site = site_with('redis-acl', 'redis://app:file:' . $password . '@' . $redis->address)->start;
    my $browser = signed_in_at($site->page);
    ok is_in($site, $browser), 'signed in with a user that may do nothing but what we need';
    my ($key) = grep { /[13579bdf]$/ } @{ $redis->redis('KEYS', 'plusauth:*') };
    cmp_ok $redis->redis('PTTL', $key), '>', 0, 'records go away by themselves';
    taken_with_200(post_token($site->url, logout_token($site->issuer, { sub => 'user-1' })), 'a back-channel logout');
    ok !is_in($site, $browser), 'is out';
    my $mark = $site->log_mark;
    file($password, "wrong\n");
    $site->reload;
    is browser()->get($site->page, Cookie => 'plusauth=' . 'A' x 43)->code, 503, 'a wrong password: 503';
    like $site->log_since($mark), qr/Redis 127\.0\.0\.1:\d+ cannot be asked: AUTH: WRONGPASS/, 'and the log says so';
    unlike $site->log_since($mark), qr/s3cret|:wrong/, 'without the password';
    $site->stop;
};

subtest 'a database of its own' => sub {
    my $redis = PlusAuth::Stores->start('redis');
    my $site = site_with('redis-db', 'redis://' . $redis->address . '/3')->start;
    ok is_in($site, signed_in_at($site->page)), 'signed in';
    is scalar(@{ $redis->redis('KEYS', '*') }), 0, 'nothing is in database 0';
    $site->stop;
};

# A CA, and a certificate of it for 127.0.0.1 and localhost; the names of the files.
sub certificates {
    my ($directory) = @_;
    my $run = sub { system("cd '$directory' && $_[0] >>openssl.log 2>&1") == 0 or die "openssl: $_[0]\n" };
    $run->("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem"
        . " -subj /CN=ca -days 2");
    for my $name (qw(server client)) {
        file("$directory/$name.ext", "subjectAltName=IP:127.0.0.1\n");
        $run->("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.key -out $name.csr -subj /CN=$name");
        $run->("openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
            . " -extfile $name.ext -out $name.pem");
    }
    return map { $_ => "$directory/$_.pem" } qw(ca server client);
}

subtest 'TLS' => sub {
    my $directory = File::Temp->newdir('plusauth-tls-XXXXXX', TMPDIR => 1);
    my %pem = certificates("$directory");
    my $port = PlusAuth::Site::free_port();
    my $redis = PlusAuth::Stores->start('redis', '--tls-port', $port, '--tls-cert-file', $pem{server}, '--tls-key-file',
        "$directory/server.key", '--tls-ca-cert-file', $pem{ca}, '--tls-auth-clients', 'yes');
    my $certificate = "cert=$pem{client}&key=$directory/client.key";
    my ($good, $said) = configtest(my $site = site_with('redis-tls', "rediss://127.0.0.1:$port?ca=$pem{ca}&$certificate"));
    if (qx(pkg-config --modversion hiredis) =~ /^0\./) {
        ok !$good, 'a hiredis without TLS: rediss:// is refused at start';
        like $said, qr/PlusAuthSessionStore: .*TLS/, 'in words';
        return;
    }
    ok $good, 'configtest' or diag $said;
    $site->start;
    ok is_in($site, signed_in_at($site->page)), 'signed in, with a client certificate';
    for my $bad (["rediss://127.0.0.1:$port?$certificate", 'a CA that is not known'],
        ["rediss://localhost:$port?ca=$pem{ca}&$certificate", 'a certificate for another name'],
        ["rediss://127.0.0.1:$port?ca=$pem{ca}", 'no client certificate'],
        ["redis://127.0.0.1:$port", 'no TLS']) {
        $site->configure("PlusAuthSessionStore $bad->[0]\n$KEY\n")->reload;
        is browser()->get($site->page, Cookie => 'plusauth=' . 'A' x 43)->code, 503, "$bad->[1]: 503";
    }
    ($good) = configtest($site->configure("PlusAuthSessionStore rediss://127.0.0.1:$port?ca=$directory/nosuch.pem\n$KEY\n"));
    ok !$good, 'a CA file that is not there is found by configtest';
    $site->stop;
};

# Asks with every browser in turn until the code says that it is enough; how often each status came.
sub under_load {
    my ($site, $browsers, $enough) = @_;
    my (%seen, $turn);
    for (my $end = time + 90; time < $end && !$enough->(\%seen); ) {
        $seen{ $browsers->[$turn++ % @$browsers]->get($site->page)->code }++;
        Time::HiRes::sleep(0.02);
    }
    return \%seen;
}

subtest 'Sentinels whose master is killed' => sub {
    my $master = PlusAuth::Stores->start('redis', '--repl-diskless-sync-delay', 0);
    my @replicas = map {
        PlusAuth::Stores->start('redis', '--replicaof', "127.0.0.1 " . $master->port, '--repl-diskless-sync-delay', 0)
    } 1 .. 2;
    ok poll(30, sub { 2 == (() = $master->redis('INFO', 'replication') =~ /state=online/g) }), 'two replicas';
    my @sentinels = map {
        PlusAuth::Stores->start('sentinel', "sentinel monitor mymaster 127.0.0.1 @{[$master->port]} 2",
            'sentinel down-after-milliseconds mymaster 1000', 'sentinel failover-timeout mymaster 3000')
    } 1 .. 3;
    ok poll(30, sub { !grep { ($_->redis('INFO', 'sentinel') // '') !~ /slaves=2,sentinels=3/ } @sentinels }), 'three Sentinels';
    my $hosts = join ',', map { $_->address } @sentinels;
    my $site = site_with('redis-sentinel', "redis+sentinel://$hosts/mymaster?wait=1")->start;
    my @browsers = map { signed_in_at($site->page) } 1 .. 6;
    my $out = pop @browsers;
    my $copy = $out->clone;
    is $out->get($site->url('/logout'))->code, 302, 'one signs out';
    $master->stop;
    my $seen = under_load($site, \@browsers, sub { ($_[0]{503} || 0) && ($_[0]{200} || 0) > 0 && settled($site, \@browsers) });
    is_deeply [grep { !/^(?:200|503)$/ } sort keys %$seen], [], 'under load: an answer or 503, never a login' or diag explain $seen;
    is scalar(grep { is_in($site, $_) } @browsers), 5, 'no session is lost';
    ok !is_in($site, $copy), 'and who signed out stays out';
    ok is_in($site, signed_in_at($site->page)), 'a login at the new master';
    like $site->log_since(0), qr/Redis 127\.0\.0\.1:@{[$master->port]} cannot be asked/, 'the log names the server that failed';
    $site->stop;
};

# Whether the new master serves everybody again.
sub settled {
    my ($site, $browsers) = @_;
    return !grep { $_->get($site->page)->code == 503 } @$browsers;
}

sub cli {
    my ($redis, @words) = @_;
    my $said = qx(redis-cli @words 2>&1);
    die "redis-cli @words: $said" if $?;
    return $said;
}

subtest 'a cluster that moves its slots' => sub {
    my @nodes = map {
        PlusAuth::Stores->start('redis', '--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf',
            '--cluster-port', PlusAuth::Site::free_port(), '--cluster-node-timeout', 5000)
    } 1 .. 3;
    my @addresses = map { $_->address } @nodes;
    cli($nodes[0], '--cluster', 'create', @addresses, '--cluster-yes');
    ok poll(30, sub { !grep { ($_->redis('CLUSTER', 'INFO') // '') !~ /cluster_state:ok/ } @nodes }), 'three nodes';
    my $site = site_with('redis-cluster', 'redis://' . join ',', @addresses[0, 1])->start;
    my @browsers = map { signed_in_at($site->page) } 1 .. 8;
    ok !(grep { !@{ $_->redis('KEYS', '*') } } @nodes), 'every node has records';
    my ($from, $to) = map { $_->redis('CLUSTER', 'MYID') } @nodes[0, 2];
    defined(my $mover = fork) or die "fork: $!\n";
    if (!$mover) {
        open STDOUT, '>', '/dev/null';
        exec 'redis-cli', '--cluster', 'reshard', $addresses[0], '--cluster-from', $from, '--cluster-to', $to,
            '--cluster-slots', 5000, '--cluster-yes' or POSIX::_exit(127);
    }
    my $moved;
    my $seen = under_load($site, \@browsers, sub { $moved ||= waitpid($mover, POSIX::WNOHANG()) == $mover; $moved && $_[0]{200} });
    is $?, 0, 'the slots moved';
    is_deeply [keys %$seen], [200], 'nobody noticed' or diag explain $seen;
    is scalar(grep { is_in($site, $_) } @browsers), 8, 'no session is lost';
    my $copy = $browsers[0]->clone;
    $browsers[0]->get($site->url('/logout'));
    ok !is_in($site, $copy), 'a logout holds';
    taken_with_200(post_token($site->url, logout_token($site->issuer, { sub => 'user-1' })), 'a back-channel logout');
    is scalar(grep { is_in($site, $_) } @browsers), 0, 'ends all of them on all nodes';
    $site->stop;
};

subtest 'a server that hangs' => sub {
    my $redis = PlusAuth::Stores->start('redis');
    my $site = site_with('redis-hangs', 'redis://' . $redis->address)->start;
    my $browser = signed_in_at($site->page);
    $redis->freeze;
    is $browser->get($site->page)->code, 503, 'is given up: 503';
    $redis->thaw;
    ok poll(30, sub { is_in($site, $browser) }), 'and comes back by itself';
    $redis->stop;
    is $browser->get($site->page)->code, 503, 'a server that is gone: 503';
    $redis->start_again;
    ok poll(30, sub { is_in($site, $browser) }), 'and comes back by itself';
    $site->stop;
};

done_testing;
