# reload.t: a graceful restart, as logrotate does every day: nobody is signed out, nobody gets an error.
#
#   PLUSAUTH_RELOADS=10    how many there are under load
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Load;
use PlusAuth::Test;
use Test::More;

my $app = site('app');
my $page = "$app/app/page.html";
faults();

sub reload {
    my $mark = log_mark();
    open my $in, '<', vars('t_pid_file') or die "pid: $!\n";
    chomp(my $pid = <$in>);
    kill USR1 => $pid or die "kill: $!\n";
    ok poll(30, sub { log_since($mark) =~ /resuming normal operations/ }), 'reloaded';
    return $pid;
}

my $browser = browser();
is $browser->visit($page)->code, 200, 'signed in';
my $half = browser();
my $callback = $half->until($page, qr{/login/callback});

my $pid = reload();
ok signed_in($browser, $page), 'still signed in';
is $half->visit($callback)->code, 200, 'a login under way ends well';
faults();
is browser()->visit($page)->code, 200, 'a new login works';
is scalar calls_to('/.well-known/openid-configuration') + calls_to('/jwks'), 0,
    'without asking anew for what is known of the provider';

my $RELOADS = $ENV{PLUSAUTH_RELOADS} || 10;
my $SESSIONS = 20;

subtest "$RELOADS reloads under load" => sub {
    my $stop = vars('t_logs') . '/stop';
    unlink $stop;
    my @browsers = map { my $other = browser(); $other->visit($page); $other } 1 .. $SESSIONS;
    my @cookies = map { 'plusauth=' . session_cookie($_) } @browsers;
    my @children = map { my $child = fork // die; exit_child($stop) if !$child; $child } 1 .. 2;
    my $kept = PlusAuth::Load->start($page, \@cookies);
    my $fresh = PlusAuth::Load->start($page, \@cookies, headers => ['Connection: close']);
    reload() for 1 .. $RELOADS;
    open my $out, '>', $stop or die;
    close $out;
    my $good = grep { waitpid($_, 0); $? == 0 } @children;
    is $good, 2, 'no request failed, and nobody was signed out';
    unlink $stop;
    loaded($kept->stop, $fresh->stop) if $kept;
    my @lost = grep { !signed_in($_, $page) } $browser, @browsers;
    is scalar(@lost), 0, 'all are still signed in';
};

# What wrk was told, over connections that it keeps and over a new one each time.
sub loaded {
    my ($kept, $fresh) = @_;
    note "$kept->{requests} requests, $kept->{read} of them over connections that were closed meanwhile, "
        . "and $fresh->{requests} over connections of their own";
    cmp_ok $_->{requests}, '>', 0, 'wrk got answers' for $kept, $fresh;
    is $kept->{refused} + $fresh->{refused}, 0, 'none of them an error';
    is $kept->{$_}, 0, "no error of $_ over connections that are kept" for qw(connect timeout);
    is $fresh->{$_}, 0, "no error of $_ over fresh ones" for qw(connect read write timeout);
    return;
}

# Asks for the page, on a connection of its own each time, until the file is there.
sub exit_child {
    my ($stop) = @_;
    my ($asked, $good) = (0, 0);
    while (!-e $stop) {
        my $answer = $browser->clone->get($page);
        $asked++;
        $good++ if $answer->code == 200;
    }
    require POSIX;
    POSIX::_exit($asked && $asked == $good ? 0 : 1);
}

open my $in, '<', vars('t_pid_file') or die;
chomp(my $now = <$in>);
is $now, $pid, 'all in the same server';

done_testing;
