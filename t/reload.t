# reload.t: a graceful restart, as logrotate does every day: nobody is signed out, nobody gets an error.
use strict;
use warnings;
use lib 't/lib';
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

subtest 'ten reloads under load' => sub {
    my $stop = vars('t_logs') . '/stop';
    unlink $stop;
    my @children = map { my $child = fork // die; exit_child($stop) if !$child; $child } 1 .. 2;
    reload() for 1 .. 10;
    open my $out, '>', $stop or die;
    close $out;
    my $good = grep { waitpid($_, 0); $? == 0 } @children;
    is $good, 2, 'no request failed, and nobody was signed out';
    unlink $stop;
    ok signed_in($browser, $page), 'still signed in';
};

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
