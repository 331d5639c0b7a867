# stores.t: the same tests over every store of sessions. One that needs a server gets a real one.
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

my $OLD = 'the old key, made of some characters';
my $NEW = 'the new key, made of other characters';
my $DBD = join '', map { "$_\n" }
    'SessionDBDCookieName session path=/;HttpOnly;SameSite=Lax',
    'DBDPrepareSQL "delete from session where key = %s" deletesession',
    'DBDPrepareSQL "update session set value = %s, expiry = %lld, key = %s where key = %s" updatesession',
    'DBDPrepareSQL "insert into session (value, expiry, key) values (%s, %lld, %s)" insertsession',
    'DBDPrepareSQL "select value from session where key = %s and (expiry = 0 or expiry > %lld)" selectsession';
my $TABLE = 'create table if not exists session (key varchar(64) primary key, value text, expiry bigint)';
my $COOKIE = "SessionCookieName session path=/;HttpOnly;SameSite=Lax\n";
my $CRYPTO = "SessionCryptoPassphrase a-long-and-random-passphrase\n";

# `config` gets the store's server, if `server` names one. What a store promises:
#   keeps     sessions outlive the end of httpd
#   sealed    they cannot be read without PlusAuthKey
#   copies    they are with the browser: what ended is known by a list (lists: which outlives httpd too)
#   lasting   they outlive the end of the store's server
#   damage    spoils every record in the store; its argument is one of the ways
#   down, up  take the store away, and give it back
my @STORES = (
    { name => 'shmcb', config => sub { '' } },
    { name => 'redis', server => 'redis', keeps => 1, sealed => 1, lasting => 1,
        config => sub { 'PlusAuthSessionStore redis://' . $_[0]->address . "\n" }, damage => \&damage_redis },
    { name => 'cookie', config => sub { "PlusAuthSessionStore cookie\n" }, keeps => 1, sealed => 1, copies => 1 },
    { name => 'cookie redis', server => 'redis',
        config => sub { 'PlusAuthSessionStore cookie redis://' . $_[0]->address . "\n" },
        keeps => 1, sealed => 1, copies => 1, lists => 1, lasting => 1 },
    { name => 'mod_session with mod_session_cookie', config => sub { "PlusAuthSessionStore mod_session\n$COOKIE" },
        keeps => 1, sealed => 1, copies => 1, forgeable => 1 },
    { name => 'mod_session with SessionMaxAge', keeps => 1, sealed => 1, copies => 1, forgeable => 1,
        config => sub { "PlusAuthSessionStore mod_session\n${COOKIE}SessionMaxAge 3600\n" } },
    { name => 'mod_session with mod_session_crypto', modules => ['session_crypto'],
        config => sub { "PlusAuthSessionStore mod_session\n$COOKIE$CRYPTO" }, keeps => 1, sealed => 1, copies => 1,
        lenient => 1 },
    { name => 'mod_session with SQLite', modules => ['dbd', 'session_dbd'], keeps => 1, sealed => 1, copies => 1,
        driver => 'sqlite3', before => \&make_sqlite,
        config => sub { "PlusAuthSessionStore mod_session\nDBDriver sqlite3\nDBDParams $_[1]/sqlite\n$DBD" } },
    { name => 'mod_session with PostgreSQL', modules => ['dbd', 'session_dbd'], server => 'postgres', keeps => 1,
        sealed => 1, copies => 1, lasting => 1, driver => 'pgsql', damage => \&damage_postgres,
        config => sub { "PlusAuthSessionStore mod_session\nDBDriver pgsql\nDBDParams \"host=@{[$_[0]->directory]}"
            . " user=test dbname=postgres\"\n$DBD" }, after_start => sub { $_[0]->sql($TABLE) } },
);

# httpd itself makes the table: its statements can only be prepared once that is there.
sub make_sqlite {
    my ($site) = @_;
    my $file = $site->directory . '/sqlite';
    $site->configure("DBDriver sqlite3\nDBDParams $file\nDBDInitSQL \"$TABLE\"\n")->start;
    die "no table\n" if !poll(30, sub { -s $file });
    $site->stop;
    return;
}

# Of the browser, those that hold a session or its id.
sub session_names {
    my ($browser) = @_;
    my %cookies = $browser->cookies;
    return grep { /^(?:plusauth(?:_\d)?|session)$/ } sort keys %cookies;
}

sub configured {
    my ($case, @more) = @_;
    return $case->{config}->($case->{store}, $case->{site}->directory) . join '', map { "$_\n" } @more;
}

sub reload {
    my ($case, @more) = @_;
    $case->{site}->configure(configured($case, @more))->reload;
    return;
}

sub signed_in_here { return signed_in_at($_[0]{site}->page) }
sub is_in { return signed_in($_[1], $_[0]{site}->page) }

sub unavailable {
    my ($answer, $name) = @_;
    is $answer->code, 503, "$name: 503";
    like $answer->header('Retry-After'), qr/^\d+$/, "$name: Retry-After";
    return;
}

sub test_use {
    my ($case) = @_;
    my $browser = signed_in_here($case);
    my @names = session_names($browser);
    ok @names, "@names";
    ok is_in($case, $browser), 'signed in' for 1 .. 3;
    is scalar(grep { /^(?:plusauth|session)=/ } $browser->get($case->{site}->url('/open/sorry.html'))->header('Set-Cookie')),
        $case->{config}->($case->{store}, '') =~ /SessionMaxAge/ ? 1 : 0, 'a plain request sets no cookie';
    is_deeply [session_names(browser())], [], 'a stranger has none';
    is browser()->get($case->{site}->page)->code, 302, 'and is sent to login';
    return;
}

sub test_logout {
    my ($case) = @_;
    my $browser = signed_in_here($case);
    my ($copy, $other) = ($browser->clone, signed_in_here($case));
    ok is_in($case, $copy), 'a copy of the cookies works';
    my $answer = $browser->get($case->{site}->url('/logout'));
    is $answer->code, 302, 'logout';
    ok !is_in($case, $browser), 'is out';
    ok !is_in($case, $copy), 'and so is the copy' for 1 .. 2;
    ok is_in($case, $other), 'another browser is not';
    is $copy->visit($case->{site}->page)->code, 200, 'the copy can sign in again';
    ok is_in($case, $copy), 'and is in then';
    return;
}

sub test_second_login {
    my ($case) = @_;
    my $browser = browser();
    my @callbacks = map { $browser->until($case->{site}->page, qr{/login/callback}) } 1 .. 2;
    is $browser->visit($callbacks[0])->code, 200, 'signed in';
    my $old = $browser->clone;
    ok is_in($case, $old), 'the first session lives';
    is $browser->visit($callbacks[1])->code, 200, 'signed in once more';
    ok is_in($case, $browser), 'the new session lives';
    ok !is_in($case, $old), 'the old one has ended';
    return;
}

sub test_backchannel {
    my ($case) = @_;
    my ($site, $issuer) = ($case->{site}, $case->{site}->issuer);
    my @browsers = map { signed_in_here($case) } 1 .. 3;
    my $token = logout_token($issuer, { sub => 'user-1', sid => sid_of($browsers[0]) });
    is post_token($site->url, $token)->code, 200, 'a logout of a sid';
    ok !is_in($case, $browsers[0]), 'its session is out at once';
    ok is_in($case, $_), 'the others are not' for @browsers[1, 2];
    is post_token($site->url, $token)->code, 400, 'the token is good once';
    is post_token($site->url, logout_token($issuer, { sub => 'user-2', sid => undef }))->code, 200, 'another user\'s';
    ok is_in($case, $browsers[1]), 'ends nobody else';
    is post_token($site->url, logout_token($issuer, { sub => 'user-1', sid => undef }))->code, 200, 'a logout of a sub';
    ok !is_in($case, $_), 'ends all that is left' for @browsers[1, 2];
    is $browsers[1]->visit($site->page)->code, 200, 'who signs in after it';
    ok is_in($case, $browsers[1]), 'is in';
    return;
}

# Sessions are as old as they are, so that another lifetime ends them at once.
sub test_age {
    my ($case) = @_;
    my $browser = signed_in_here($case);
    for my $directive ('PlusAuthSessionLifetime', 'PlusAuthSessionIdle') {
        reload($case, "$directive 1ms");
        ok !is_in($case, $browser), "$directive: what is older has ended";
        reload($case);
        $browser = signed_in_here($case);
        ok is_in($case, $browser), 'signed in again';
    }
    reload($case, 'PlusAuthSessionIdle 3s');
    # A machine that stops for a moment has not used the session: then once more.
    my ($alive, $used, $unused);
    for (1 .. 5) {
        ($used, $unused) = map { signed_in_here($case) } 1 .. 2;
        ($alive, my $longest) = use_for($case, $used, 4);
        last if $alive || $longest < 1;
    }
    ok $alive, 'PlusAuthSessionIdle: used it lives longer than it may be idle';
    ok !is_in($case, $unused), 'unused it has ended';
    reload($case);
    return;
}

# Whether a session lived as long as it was used, and the longest time between two uses.
sub use_for {
    my ($case, $browser, $seconds) = @_;
    my ($alive, $longest, $last) = (1, 0, my $begin = Time::HiRes::time());
    while ($alive && $last < $begin + $seconds) {
        $alive = is_in($case, $browser);
        my $now = Time::HiRes::time();
        $longest = $now - $last if $now - $last > $longest;
        $last = $now;
        Time::HiRes::sleep(0.1);
    }
    return ($alive, $longest);
}

# [name, the cookie's value made wrong]
my @TAMPERINGS = (
    map({ my $at = $_; ["changed at $at", sub { my $v = $_[0];
        my $i = int($at * (length($v) - 1)); substr($v, $i, 1) = substr($v, $i, 1) eq 'A' ? 'B' : 'A'; $v }] } 0, 0.3, 0.5, 0.9, 1),
    ['cut off', sub { substr $_[0], 0, length($_[0]) / 2 }],
    ['one more', sub { "$_[0]A" }],
    ['empty', sub { '' }],
    ['garbage', sub { '!' x 50 }],
    ['another version', sub { my $v = $_[0]; $v =~ s/\A[1-4]/9/ or $v = "9$v"; $v }],
);

sub test_tampering {
    my ($case) = @_;
    my $good = signed_in_here($case);
    my %value = $good->cookies;
    for my $name (session_names($good)) {
        for my $tampering (@TAMPERINGS) {
            my ($what, $make) = @$tampering;
            my $made = $make->($value{$name});
            next if $made eq $value{$name};
            my $browser = $good->clone;
            $browser->set_cookie($name => $made);
            # What mod_session writes around our entry is not ours: changed there, it may still be whole.
            my $code = $browser->get($case->{site}->page)->code;
            if (($case->{forgeable} || $case->{lenient}) && $code == 200) {
                pass "$name, $what: beside our entry";
                next;
            }
            is $code, 302, "$name, $what: no session";
            is $browser->visit($case->{site}->page)->code, 200, "$name, $what: a login over it";
            ok is_in($case, $browser), "$name, $what: works";
        }
    }
    ok is_in($case, $good), 'the good one still is';
    return;
}

sub test_damage {
    my ($case) = @_;
    plan skip_all => 'nobody else can write there' if !$case->{damage};
    for my $way (qw(change truncate empty swap)) {
        my @browsers = map { signed_in_here($case) } 1 .. 2;
        my $damaged = $case->{damage}->($case->{store}, $way);
        cmp_ok $damaged, '>=', 2, "$way: $damaged records";
        is $_->get($case->{site}->page)->code, 302, "$way: no session" for @browsers;
        is $browsers[0]->visit($case->{site}->page)->code, 200, "$way: a login";
        ok is_in($case, $browsers[0]), "$way: works";
    }
    return;
}

sub spoil {
    my ($way, $value, $other) = @_;
    return substr($value, 0, length($value) - 1) . chr(ord(substr $value, -1) ^ 1) if $way eq 'change';
    return substr $value, 0, length($value) / 2 if $way eq 'truncate';
    return $way eq 'empty' ? 'x' : $other;
}

# Those of 32 bytes; others are shorter.
# The last bit of a session's key is set (cache_key.h).
my $SESSION_KEY = qr/^plusauth:[0-9a-f]{63}[13579bdf]$/;

sub damage_redis {
    my ($redis, $way) = @_;
    my @keys = grep { /$SESSION_KEY/ } @{ $redis->redis('KEYS', 'plusauth:*') };
    my %values = map { $_ => $redis->redis('GET', $_) } @keys;
    $redis->redis('SETEX', $keys[$_], 3600, spoil($way, $values{ $keys[$_] }, $values{ $keys[$_ - 1] })) for 0 .. $#keys;
    return scalar @keys;
}

# A record that another browser's key leads to is that of a session all the same: whoever can write there can
# give it away, but not make one.
sub damage_postgres {
    my ($postgres, $way) = @_;
    my %set = (change => "overlay(value placing 'AAAA' from 60)", truncate => 'left(value, length(value) / 2)',
        empty => "'x'", swap => "'plusauth=' || repeat('A', 400)");
    $postgres->sql("update session set value = $set{$way}");
    return $postgres->sql('select count(*) from session') + 0;
}

sub test_keys {
    my ($case) = @_;
    reload($case, "PlusAuthKey \"$OLD\"");
    my ($browser, $leaving) = map { signed_in_here($case) } 1 .. 2;
    my $copy = $leaving->clone;
    $leaving->visit($case->{site}->url('/logout'));
    reload($case, "PlusAuthKey \"$NEW\" \"$OLD\"");
    ok is_in($case, $browser), 'who signed in before is in';
    ok !is_in($case, $copy), 'and who signed out is not';
    my ($later, $last) = map { signed_in_here($case) } 1 .. 2;
    $last->visit($case->{site}->url('/logout'));
    reload($case, "PlusAuthKey \"$NEW\"");
    ok is_in($case, $later), 'who signed in with both keys is in';
    is is_in($case, $browser), !$case->{sealed}, 'who signed in before is ' . ($case->{sealed} ? 'not' : 'too');
    reload($case);
    return;
}

sub test_reload {
    my ($case) = @_;
    my ($browser, $leaving) = map { signed_in_here($case) } 1 .. 2;
    my $copy = $leaving->clone;
    $leaving->visit($case->{site}->url('/logout'));
    reload($case);
    ok is_in($case, $browser), 'a graceful reload: still in';
    ok !is_in($case, $copy), 'who signed out is still out';
    $case->{site}->restart;
    is is_in($case, $browser), !!$case->{keeps}, 'stop and start: ' . ($case->{keeps} ? 'in' : 'out, as it is said');
    ok !is_in($case, $copy), 'who signed out is still out' if !$case->{copies} || $case->{lists};
    is $browser->visit($case->{site}->page)->code, 200, 'a login works';
    ok is_in($case, $browser), 'and stays';
    return;
}

sub test_down {
    my ($case) = @_;
    my ($site, $store) = @$case{qw(site store)};
    my $down = $case->{down} || ($store ? sub { $store->stop } : plan skip_all => 'it cannot be away');
    my $up = $case->{up} || sub { $store->start_again };
    my $browser = signed_in_here($case);
    my $callback = (my $half = browser())->until($site->page, qr{/login/callback});
    $down->($site);
    # The first query on a connection that was cut finds nothing, says mod_session_dbd, not that it failed.
    $browser->clone->get($site->page) if $case->{driver};
    unavailable($browser->get($site->page), 'with a session') for 1 .. 3;
    unavailable($half->visit($callback), 'a login that comes back');
    unavailable($browser->get($site->url('/logout')), 'a logout');
    is browser()->get($site->url('/open/sorry.html'))->code, 200, 'what is open is served';
    $up->($site);
    $browser = signed_in_again($case, $browser);
    ok is_in($case, $browser), 'and stays';
    return;
}

# Once the store is back, without anybody's help: the session is there, where it lasts.
sub signed_in_again {
    my ($case, $browser) = @_;
    my $answer = poll(60, sub { my $a = $browser->get($case->{site}->page); $a->code != 503 && $a });
    ok $answer, 'it comes back by itself';
    is $answer->code, $case->{lasting} ? 200 : 302, $case->{lasting} ? 'with the session' : 'without the sessions';
    is $browser->visit($case->{site}->page)->code, 200, 'signed in';
    return $browser;
}

# A server that accepts connections and says nothing: a worker that waited for it would keep the browser
# waiting until that gives up.
sub test_frozen {
    my ($case) = @_;
    my $store = $case->{store};
    plan skip_all => 'nobody to wait for' if !$store || $store->{name} eq 'postgres';
    my $browser = signed_in_here($case);
    $store->freeze;
    my @children = map { my $clone = $browser->clone; apart(sub { $clone->get($case->{site}->page)->code }) } 1 .. 8;
    my %codes = map { $_->() => 1 } @children;
    $store->thaw;
    is_deeply [keys %codes], [503], 'eight at once: 503 for each';
    signed_in_again({ %$case, lasting => 1 }, $browser);
    return;
}

sub apart {
    my ($code) = @_;
    my $pid = open(my $from, '-|') // die "fork: $!\n";
    if (!$pid) {
        syswrite STDOUT, eval { $code->() } // "died: $@";
        POSIX::_exit(0);
    }
    return sub { local $/; my $said = <$from>; close $from; return $said };
}

sub test_many_logouts {
    my ($case) = @_;
    my @browsers = map { signed_in_here($case) } 1 .. 12;
    my @copies = map { $_->clone } @browsers;
    my @done = map { my $browser = $_; apart(sub { $browser->get($case->{site}->url('/logout'))->code }) } @browsers;
    is_deeply [map { $_->() } @done], [(302) x 12], 'twelve logouts at once';
    is scalar(grep { is_in($case, $_) } @copies), 0, 'none is forgotten';
    return;
}

# What does not fit goes without its tokens, and the log says so.
sub test_large {
    my ($case) = @_;
    plan skip_all => 'a record has room' if !$case->{copies} || $case->{driver};
    my $mark = $case->{site}->log_mark;
    faults('token.refresh_6k');
    my $browser = signed_in_here($case);
    ok is_in($case, $browser), 'signed in';
    my @lines = $case->{site}->log_since($mark) =~ /too large for its cookies: it goes without ([^\n]*)/g;
    is_deeply \@lines, ['access token, refresh token'], 'one line says what is missing';
    faults();
    my $random = sub { join '', map { ('A' .. 'Z', 'a' .. 'z', 0 .. 9)[rand 62] } 1 .. 1500 };
    user(map { ("claim$_" => $random->()) } 1 .. 8);
    $mark = $case->{site}->log_mark;
    my $answer = browser()->visit($case->{site}->page);
    is $answer->code, 503, 'claims that fit in no cookie: no login';
    like $case->{site}->log_since($mark), qr/session not saved: the session takes \d+ characters without its tokens/, 'the log says why';
    user(map { ("claim$_" => undef) } 1 .. 8);
    is browser()->visit($case->{site}->page)->code, 200, 'others sign in';
    return;
}

# What stands beside our entry in mod_session's record is for everybody to write, our entry is not.
sub test_forgery {
    my ($case) = @_;
    plan skip_all => 'the browser cannot write it' if !$case->{forgeable};
    my $browser = signed_in_here($case);
    my %cookies = $browser->cookies;
    my ($entry) = $cookies{session} =~ /plusauth=([\w-]+)/ or return fail "no entry in $cookies{session}";
    my $page = $case->{site}->page;
    for my $forged ('user=user-1&pw=x', 'plusauth=', 'plusauth=' . 'A' x 300, "plusauth=$entry.", "plusauth=A$entry", 'expiry=1',
        "expiry=1&plusauth=$entry", 'expiry=x&plusauth', '%00=%00', 'plusauth=%', 'x' x 3000) {
        my $forger = browser();
        $forger->set_cookie(session => $forged);
        is $forger->get($page)->code, 302, 'no session: ' . substr $forged, 0, 20;
        is $forger->visit($page)->code, 200, 'signs in over it';
        ok is_in($case, $forger), 'and is in';
    }
    my $same = browser();
    $same->set_cookie(session => "x=y&plusauth=$entry");
    ok is_in($case, $same), 'the entry alone counts';
    return;
}

# Whoever can write to the store and has a copy of the cookie can put back what was there. Its times are sealed in it.
sub test_replay {
    my ($case) = @_;
    plan skip_all => 'nobody else can write there' if $case->{name} ne 'redis';
    my ($browser, $redis) = (signed_in_here($case), $case->{store});
    my %records = map { $_ => $redis->redis('GET', $_) } @{ $redis->redis('KEYS', 'plusauth:*') };
    my $put_back = sub { $redis->redis('SET', $_, $records{$_}) for keys %records };
    my $copy = $browser->clone;
    is $browser->get($case->{site}->url('/logout'))->code, 302, 'logout';
    ok !is_in($case, $copy), 'the copy is out';
    $put_back->();
    ok is_in($case, $copy), 'a record that was put back is there';
    for my $directive ('PlusAuthSessionLifetime', 'PlusAuthSessionIdle') {
        reload($case, "$directive 1ms");
        $put_back->();
        ok !is_in($case, $copy), "for no longer than $directive";
    }
    reload($case);
    return;
}

sub test_full {
    my ($case) = @_;
    plan skip_all => 'not here' if $case->{name} ne 'redis';
    my $browser = signed_in_here($case);
    my ($used) = $case->{store}->redis('INFO', 'memory') =~ /used_memory:(\d+)/;
    $case->{store}->redis('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    $case->{store}->redis('CONFIG', 'SET', 'maxmemory', 1);
    unavailable(browser()->visit($case->{site}->page), 'a login into a full store');
    ok is_in($case, $browser), 'who is in stays in';
    $case->{store}->redis('CONFIG', 'SET', 'maxmemory', 0);
    is browser()->visit($case->{site}->page)->code, 200, 'once there is room a login works';
    return;
}

my @TESTS = (
    ['use' => \&test_use], ['logout, and a copy' => \&test_logout], ['a login over a session' => \&test_second_login],
    ['back-channel logout' => \&test_backchannel], ['tampering' => \&test_tampering], ['forgery' => \&test_forgery],
    ['damage in the store' => \&test_damage], ['a large session' => \&test_large], ['many logouts' => \&test_many_logouts],
    ['age' => \&test_age], ['keys' => \&test_keys], ['reload and restart' => \&test_reload], ['a full store' => \&test_full], ['replay' => \&test_replay],
    ['the store is away' => \&test_down], ['the store does not answer' => \&test_frozen],
);

# What Debian has in packages of their own may not be there elsewhere.
sub missing {
    my ($case) = @_;
    my $libexec = vars('libexecdir');
    my @modules = grep { !-e "$libexec/mod_$_.so" } @{ $case->{modules} || [] };
    return "no mod_$modules[0]" if @modules;
    if ($case->{driver}) {
        my @drivers = glob "/usr/lib{,64,/*}/apr-util-1/apr_dbd_$case->{driver}.so";
        return "no apr_dbd_$case->{driver}" if !grep { -e } @drivers;
    }
    return undef;
}

my ($only) = $ENV{PLUSAUTH_STORE};
for my $case (@STORES) {
    next if defined $only && $case->{name} ne $only;
    subtest $case->{name} => sub {
        my $missing = missing($case);
        plan skip_all => $missing if $missing;
        faults();
        if ($case->{server}) {
            $case->{store} = PlusAuth::Stores->start($case->{server}) or plan skip_all => "no $case->{server}";
            $case->{after_start}->($case->{store}) if $case->{after_start};
        }
        $case->{site} = PlusAuth::Site->new($case->{name} =~ s/\W+/-/gr, modules => $case->{modules});
        $case->{before}->($case->{site}) if $case->{before};
        $case->{site}->configure(configured($case))->start;
        for my $test (@TESTS) {
            my ($name, $code) = @$test;
            subtest $name => sub { $code->($case); done_testing };
        }
        delete @$case{qw(site store)};
    };
}

done_testing;
