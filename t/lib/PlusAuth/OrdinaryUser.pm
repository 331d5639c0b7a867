# OrdinaryUser.pm: runs a script of this tree as an ordinary user, in a copy of the tree that belongs
# to that user. httpd's test framework runs nothing as root, and valgrind cannot write its files once
# httpd has given root up.
package PlusAuth::OrdinaryUser;
use strict;
use warnings;
use File::Temp 'tempdir';

# The exit status of $copy/$script; $done->($copy) may fetch what it left.
sub run {
    my ($top, $script, $arguments, $done) = @_;
    my ($user, $uid, $gid) = _entry();
    my $copy = tempdir('plusauth-test-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $copy;
    # .env holds somebody's secrets and is no part of any test.
    _shell("tar -C '$top' --exclude=./.git --exclude=./t/logs --exclude=./.env -cf - . "
        . "| tar -C '$copy' -xf -");
    _shell("chown -R $uid:$gid '$copy'");
    print "running as $user in $copy\n";
    my $rc = system 'setpriv', "--reuid=$uid", "--regid=$gid", '--init-groups', 'env',
        "HOME=$copy", 'TMPDIR=/tmp', $^X, "$copy/$script", @$arguments;
    $done->($copy) if $done;
    return $rc == 0 ? 0 : 1;
}

sub _entry {
    for my $name (grep { defined } $ENV{PLUSAUTH_TEST_USER}, 'www-data', 'nobody') {
        my @entry = getpwnam $name or next;
        return ($name, @entry[2, 3]) if $entry[2] != 0;
    }
    die "no ordinary user to run as; name one in PLUSAUTH_TEST_USER\n";
}

sub _shell {
    my ($command) = @_;
    system($command) == 0 or die "failed: $command\n";
    return;
}

1;
