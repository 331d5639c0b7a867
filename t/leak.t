# leak.t: what a login takes from a process of httpd, it gives back. PLUSAUTH_LOGINS says how many
# logins to watch; of 10,000, a leak of 50 bytes each is seen. PLUSAUTH_LEAKS=1 with a sanitizer build
# has the leaks named that no pool holds.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

my $LOGINS = $ENV{PLUSAUTH_LOGINS} || 500;
# Until every thread has had its turn, and every cache its first records.
my $WARM = $LOGINS / 5 > 200 ? $LOGINS / 5 : 200;
my $SLACK_KB = 400;
my $BATCH = 100;

plan skip_all => 'needs /proc' if !-r '/proc/self/status';
plan skip_all => 'prefork has more than one process to watch' if ($ENV{PLUSAUTH_MPM} || '') eq 'prefork';

# A server of its own: it has no second process under load, and few threads are soon warm.
my $site = PlusAuth::Site->new('leak',
    config => "ServerLimit 1\nThreadsPerChild 4\nMaxRequestWorkers 4\nMaxSpareThreads 4\n")->start;
my $page = $site->page;
my $browser = browser();

# One after another, each by a browser that knows nothing; every tenth signs out again. How many went well.
sub log_in {
    my ($count) = @_;
    my $good = 0;
    for my $number (1 .. $count) {
        faults() if $number % $BATCH == 1; # forgets the calls so far
        $browser->{cookies} = {};
        $good++ if login($browser, $page)->code == 200 && session_cookie($browser);
        $browser->get($site->url('/logout'), site => 'same-origin') if $number % 10 == 0;
    }
    return $good;
}

# The process of httpd that serves: the one child of its parent with many threads.
sub server_process {
    my $parent = $site->pid;
    return grep { status_of($_)->{PPid} == $parent && status_of($_)->{Threads} > 2 }
        map { m{/(\d+)$} ? $1 : () } glob '/proc/[0-9]*';
}

# /proc/PID/status as a hash; zeros for a process that is gone.
sub status_of {
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/status" or return { PPid => 0, Threads => 0, RssAnon => 0 };
    return { map { /^(\w+):\s*(\d+)/ ? ($1 => $2) : () } <$in> };
}

sub is_sanitized {
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/maps" or return 0;
    return scalar grep { /libasan/ } <$in>;
}

my @processes;
# It listens before that process is there, which makes its threads one by one.
poll(60, sub { @processes = server_process() });
is scalar @processes, 1, 'one process serves';

is log_in($WARM), $WARM, "$WARM logins to warm up";
# Not its shared memory, which fills with sessions as it should.
my $before = status_of($processes[0])->{RssAnon};
my $more = $LOGINS - $WARM;
is log_in($more), $more, "and $more more";
my $after = status_of($processes[0])->{RssAnon};
is_deeply [server_process()], \@processes, 'by the same process';
SKIP: {
    skip 'the address sanitizer keeps freed memory for a while', 1 if is_sanitized($processes[0]);
    cmp_ok $after - $before, '<', $SLACK_KB, "which grew by less than $SLACK_KB KB";
    diag "$before KB after $WARM logins, $after KB after $LOGINS";
}

faults();
done_testing;
