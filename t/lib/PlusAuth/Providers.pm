# Providers.pm: the OpenID providers of the tests: t/provider, which does everything right with real
# pages, twice: the second time as financial-grade clients want it; and t/faulty, which misbehaves on
# request.
package PlusAuth::Providers;
use strict;
use warnings;
use HTTP::Tiny;
use JSON::PP;
use POSIX ();
use Time::HiRes 'sleep';

my $START_SECONDS = 60;

# Starts them; their ports and the listeners of the last, by name.
sub start {
    my ($logs, $origins) = @_;
    my $join = sub { join ' ', map { "$_$_[0]" } @$origins };
    my $embedded = _spawn($logs, 'provider', 't/provider/provider.js', {
        PORT => 0,
        CLIENT_ID => 'plusauth-demo',
        CLIENT_SECRET => 'plusauth-demo-secret',
        REDIRECT_URIS => $join->('/login/callback'),
        POST_LOGOUT_REDIRECT_URIS => $join->('/logout'),
    });
    my $financial = _financial($logs, $join);
    my $faulty = _spawn($logs, 'faulty', 't/faulty/server.mjs',
        { PORT => 0, CA_FILE => "$logs/ca.pem", CLIENT_KEYS => $logs });
    my $listeners = decode_json(_first_line("$logs/faulty.log"));
    return {
        provider_port => _port($embedded),
        fapi_provider_port => _port($financial),
        faulty_port => _port($faulty),
        map({ ("faulty_$_" => $listeners->{$_}) } keys %$listeners),
    };
}

# Over TLS, and with the clients of t/tools/financial-clients.mjs.
sub _financial {
    my ($logs, $join) = @_;
    my $files = "$logs/financial.d";
    mkdir $files;
    system('node', 't/tools/financial-clients.mjs', $files) == 0
        or die "t/tools/financial-clients.mjs failed\n";
    return _spawn($logs, 'financial', 't/provider/provider.js', {
        PORT => 0,
        REDIRECT_URIS => $join->('/login/callback'),
        POST_LOGOUT_REDIRECT_URIS => $join->('/logout'),
        FINANCIAL => 1,
        CLIENTS_FILE => "$files/clients.json",
        TLS_CERT => "$files/server.crt",
        TLS_KEY => "$files/server.key",
        TLS_CA => "$files/ca.pem",
    });
}

# The names of all faults that the last knows.
sub faults {
    my ($port) = @_;
    my $answer = HTTP::Tiny->new->get("http://127.0.0.1:$port/_control/faults");
    die "the misbehaving provider does not answer: $answer->{content}\n" unless $answer->{success};
    return @{ decode_json($answer->{content}) };
}

# Ends what `start` began, by the ids it left.
sub stop {
    my ($logs) = @_;
    for my $name (qw(provider financial faulty)) {
        my $file = "$logs/$name.pid";
        open my $in, '<', $file or next;
        chomp(my $pid = <$in> // '');
        unlink $file;
        kill TERM => $pid if $pid =~ /^\d+$/;
        waitpid $pid, POSIX::WNOHANG() if $pid;
    }
    return;
}

sub _spawn {
    my ($logs, $name, $script, $settings) = @_;
    my $log = "$logs/$name.log";
    unlink $log; # or an earlier one would seem to say that it listens
    defined(my $pid = fork) or die "fork: $!\n";
    if (!$pid) {
        # A session of its own: Ctrl-C in the terminal must not end it before the tests.
        POSIX::setsid();
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $log;
        open STDERR, '>&', \*STDOUT;
        exec 'env', (map { "$_=$settings->{$_}" } sort keys %$settings), 'node', $script
            or POSIX::_exit(127);
    }
    open my $out, '>', "$logs/$name.pid" or die "$logs/$name.pid: $!\n";
    print {$out} "$pid\n";
    close $out;
    return _await($name, $log, $pid);
}

# Waits for the line that says where it listens.
sub _await {
    my ($name, $log, $pid) = @_;
    for (1 .. $START_SECONDS * 20) {
        my $text = _slurp($log);
        return $1 if $text =~ m{^listening (\S+)}m;
        die "$name ended at its start:\n$text\n" if waitpid($pid, POSIX::WNOHANG()) == $pid;
        sleep 0.05;
    }
    die "$name did not start within $START_SECONDS seconds, see $log\n";
}

sub _port { return $_[0] =~ /:(\d+)/ ? $1 : die "no port in $_[0]\n" }

sub _first_line { return (split /\n/, _slurp($_[0]))[0] }

sub _slurp {
    my ($file) = @_;
    open my $in, '<', $file or return '';
    local $/;
    return <$in> // '';
}

1;
