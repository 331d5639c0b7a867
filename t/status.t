# status.t: what the server tells of itself: mod_status's section, the metrics, and the log.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Attack;
use PlusAuth::Test;
use List::Util 'sum';
use Test::More;

my $watch = site('watch');
my $page = "$watch/app/page.html";

# Name => number of the metrics.
sub metrics {
    my $text = browser()->get("$watch/metrics")->content;
    my %metrics = map { /^(\w+(?:\{.*\})?) (\d+)$/ ? ($1 => $2) : () } split /\n/, $text;
    $metrics{plusauth_sessions} = sum(map { $metrics{$_} } grep { /^plusauth_sessions\{/ } keys %metrics);
    return map { $_ => $metrics{$_} } grep { !/^plusauth_sessions\{/ } keys %metrics;
}

# What changes while the code runs, by the names without what all begin with.
sub changes {
    my ($code) = @_;
    my %before = metrics();
    $code->();
    my %after = metrics();
    return { map { s/^plusauth_//r => $after{$_} - $before{$_} }
            grep { $after{$_} != $before{$_} } keys %after };
}

# The lines of the module's log that tell of a login or its end, without what differs each time.
sub told {
    my ($mark) = @_;
    return [map { /\[plusauth:info\] \[\S+\] ((?:signed|has ended)[^:]*: session )([0-9a-f]{8}|-)$/ ? "$1$2" : () }
            split /\n/, log_since($mark)];
}

sub name_in { return $_[0][0] =~ /([0-9a-f]{8})$/ ? $1 : 'none' }

subtest 'the metrics' => sub {
    my $answer = browser()->get("$watch/metrics");
    is $answer->code, 200, 'are served where SetHandler says';
    is $answer->header('Content-Type'), 'text/plain; version=0.0.4; charset=utf-8', 'as Prometheus reads them';
    like $answer->header('Cache-Control'), qr/no-store/, 'fresh each time';
    my (%types, %series);
    for my $line (split /\n/, $answer->content) {
        if ($line =~ /^# TYPE (\w+) (counter|gauge)$/) {
            ok !$types{$1}++, "$1 is a $2, once";
            next;
        }
        next if $line =~ /^# HELP \w+ \S.*$/;
        like $line, qr/^\w+(?:\{\w+="[\w-]+"\})? \d+$/, 'a sample';
        my ($name, $label) = $line =~ /^(\w+)(\S*)/;
        ok $types{$name}, 'of a metric that was introduced';
        ok !$series{"$name$label"}++, 'said once';
    }
    cmp_ok scalar keys %series, '>', 10, 'many of them';
    is browser()->get("$watch/metrics", method => 'POST')->code, 405, 'they can only be read';
    is browser()->get(site('app') . '/metrics')->code, 404, 'and have no place of their own';
};

subtest 'a login' => sub {
    faults();
    my $browser = browser();
    my $mark = log_mark();
    my $seen = changes(sub { $browser->visit($page) });
    is_deeply $seen, { logins_total => 1, sessions => 1, sessions_created_total => 1 }, 'is counted';
    my $told = told($mark);
    like "@$told", qr/^signed in: session [0-9a-f]{8}$/, 'and is one line in the log';

    $seen = changes(sub { $browser->get($page) for 1 .. 5 });
    is_deeply $seen, {}, 'a signed-in request is not';

    $mark = log_mark();
    $seen = changes(sub { $browser->visit("$watch/logout") });
    is_deeply $seen, { 'logouts_total{kind="user"}' => 1, sessions => -1 }, 'a logout is';
    is_deeply told($mark), ['signed out (user): session ' . name_in($told)], 'with a line of the same session';
};

for my $case (['claims.aud_other', 'rule', 0], ['authorize.access_denied', 'denied', 0],
    ['authorize.iss_wrong', 'rule', 0], ['token.html', 'provider', 1], ['token.reset', 'provider', 1]) {
    my ($fault, $reason, $provider_errors) = @$case;
    subtest "a login that ends with $fault" => sub {
        faults($fault);
        my $mark = log_mark();
        my $seen = changes(sub { browser()->visit($page) });
        my %want = ("logins_refused_total{reason=\"$reason\"}" => 1);
        $want{provider_errors_total} = 1 if $provider_errors;
        is_deeply $seen, \%want, 'is counted as refused';
        is_deeply told($mark), [], 'and nobody was signed in';
        faults();
    };
}

subtest 'an answer that no login waits for' => sub {
    my $seen = changes(sub { browser()->get("$watch/login/callback?code=a&state=b") });
    is_deeply $seen, { 'logins_refused_total{reason="state"}' => 1 }, 'is counted as refused';
};

subtest 'sessions that the provider ends' => sub {
    my @browsers = map { browser() } 1 .. 2;
    $_->visit($page) for @browsers;
    my $token = provider('logout_token', { issuer => 'watch', claims => { sub => 'user-1' } })->{token};
    my $mark = log_mark();
    my $answer;
    my $seen = changes(sub { $answer = $browsers[0]->post("$watch/logout/backchannel", { logout_token => $token }) });
    is $answer->code, 200, 'a logout token';
    my $ended = $seen->{'logouts_total{kind="backchannel"}'};
    cmp_ok $ended // 0, '>=', 2, 'ends all sessions of its user';
    is $seen->{sessions}, -$ended, 'which live no more';
    my %lines = map { $_ => 1 } grep { /^signed out \(back channel\)/ } @{ told($mark) };
    is scalar keys %lines, $ended, 'and are a line in the log each';
    is scalar(grep { signed_in($_, $page) } @browsers), 0, 'nobody is signed in';
};

subtest 'sessions that browsers keep' => sub {
    my $keeper = site('watch_cookie');
    my $browser = browser();
    is_deeply changes(sub { $browser->visit("$keeper/app/page.html") }),
        { logins_total => 1, sessions_created_total => 1 }, 'are counted when they begin';
    my $token = provider('logout_token', { issuer => 'watch-cookie', claims => { sub => 'user-1' } })->{token};
    my $mark = log_mark();
    is_deeply changes(sub { $browser->post("$keeper/logout/backchannel", { logout_token => $token }) }),
        { 'logouts_total{kind="backchannel"}' => 1 }, 'and when their provider ends them';
    is_deeply told($mark), ['signed out (back channel): session -'], 'whichever they are';
    ok !signed_in($browser, "$keeper/app/page.html"), 'nobody is signed in';
};

subtest 'a session that ends by its age' => sub {
    my $browser = browser();
    $browser->visit($page);
    my $brief = site('watch_brief') . '/app/page.html';
    my $mark = log_mark();
    my $seen = changes(sub { poll(20, sub { $browser->get($brief)->code == 302 }) });
    is_deeply $seen, { 'sessions_expired_total{limit="lifetime"}' => 1 }, 'is counted when it comes back';
    like told($mark)->[0], qr/^has ended \(lifetime\): session/, 'and is a line in the log';
};

subtest 'server-status' => sub {
    browser()->visit($page);
    my %metrics = metrics();
    my $short = browser()->get("$watch/server-status?auto")->content;
    is sum($short =~ /^PlusAuthSessions: (\d+)$/mg), $metrics{plusauth_sessions}, '?auto says how many sessions live';
    is $short =~ /^PlusAuthLogins: (\d+)$/m && $1, $metrics{plusauth_logins_total}, 'and how many logins there were';
    is $short =~ /^PlusAuthLogoutsUser: (\d+)$/m && $1, $metrics{'plusauth_logouts_total{kind="user"}'}, 'and logouts';
    like $short, qr/^PlusAuthStore: shmcb\nPlusAuthSessions: \d+\nCacheType: SHMCB$/m, 'and what the store says of itself';
    like $short, qr/^PlusAuthStore: redis\nPlusAuthSessions: unknown$/m, 'of a store that cannot count, nothing';
    my $back = browser(); # whose connection stays, and with it what its last request was
    $back->get("$watch/login/callback?code=a&state=b");
    my $page = browser()->get("$watch/server-status")->content;
    is sum($page =~ m{<p>Sessions: (\d+)</p>}g), $metrics{plusauth_sessions}, 'the page says the same';
    like $page, qr{<dt>Logins: $metrics{plusauth_logins_total}</dt>}, 'of logins too';
    like $page, qr{<h3>Store: shmcb</h3>\s*<p>Sessions: \d+</p>\s*cache type: <b>SHMCB</b>}, 'and of the store';
    like $page, qr{GET /login/callback HTTP}, 'it shows that somebody came back from the provider';
    unlike $page, qr{/login/callback\?|code=}, 'but not with what';
    like $page, qr{</html>\s*\z}, 'and is complete';
};

subtest 'a graceful restart' => sub {
    my %before = metrics();
    my $mark = log_mark();
    open my $in, '<', vars('t_pid_file') or die "pid: $!\n";
    chomp(my $pid = <$in>);
    kill USR1 => $pid or die "kill: $!\n";
    ok poll(30, sub { log_since($mark) =~ /resuming normal operations/ }), 'reloaded';
    is_deeply { metrics() }, \%before, 'forgets nothing';
    is changes(sub { browser()->visit($page) })->{logins_total}, 1, 'and counts on';
};

done_testing;
