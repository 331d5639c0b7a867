# Stores.pm: the servers that keep sessions, real ones, each in a directory and on a port or socket of
# its own: started by the test, ended by their ids.
#
#   my $redis = PlusAuth::Stores->start('redis') or skip;   # undef where it is not installed
#   $redis->address;  $redis->stop;  $redis->start_again;  $redis->freeze;  $redis->thaw
package PlusAuth::Stores;
use strict;
use warnings;
use File::Temp ();
use IO::Socket::INET;
use IO::Socket::UNIX;
use PlusAuth::Site;
use PlusAuth::Test qw(poll);
use POSIX ();

my $SECONDS = 30;
my %KINDS = (
    sentinel => { program => 'redis-server', command => \&_sentinel_command, answers => \&_redis_answers },
    redis => { program => 'redis-server', command => \&_redis_command, answers => \&_redis_answers },
    postgres => { program => 'postgres', command => \&_postgres_command, answers => \&_postgres_answers },
);

sub start {
    my ($class, $name, @arguments) = @_;
    my $kind = $KINDS{$name};
    my $program = _find($kind->{program}) or return undef;
    my $self = bless { name => $name, kind => $kind, program => $program, port => PlusAuth::Site::free_port(),
        directory => File::Temp->newdir('plusauth-store-XXXXXX', TMPDIR => 1), arguments => \@arguments,
        owner => $$ }, $class;
    $self->_make_cluster if $name eq 'postgres';
    return $self->start_again;
}

# Debian keeps PostgreSQL's programs apart, by version.
sub _find {
    my ($program) = @_;
    for my $directory (split(/:/, $ENV{PATH}), reverse(sort glob '/usr/lib/postgresql/*/bin'), '/usr/sbin', '/sbin') {
        return "$directory/$program" if -x "$directory/$program";
    }
    return undef;
}

sub port { return $_[0]{port} }
sub address { return "127.0.0.1:$_[0]{port}" }
sub directory { return "$_[0]{directory}" }

sub start_again {
    my ($self) = @_;
    my @command = $self->{kind}{command}->($self);
    defined(my $pid = fork) or die "fork: $!\n";
    if (!$pid) {
        POSIX::setsid();
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{directory}/output";
        open STDERR, '>&', \*STDOUT;
        exec @command or POSIX::_exit(127);
    }
    $self->{pid} = $pid;
    return $self if poll($SECONDS, sub { $self->{kind}{answers}->($self) });
    die "$self->{name} did not start: " . $self->_output;
}

# At once, as a crash does.
sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} // return;
    # PostgreSQL's children would live on in its shared memory without a parent that tells them.
    kill $self->{name} eq 'postgres' ? 'QUIT' : 'KILL', $pid;
    waitpid $pid, 0;
    return;
}

# Its kernel still accepts connections, and nobody answers.
sub freeze { return kill STOP => $_[0]{pid} }
sub thaw { return kill CONT => $_[0]{pid} }

sub _output {
    my ($self) = @_;
    open my $in, '<', "$self->{directory}/output" or return '';
    local $/;
    return <$in> // '';
}

sub _connect {
    my ($self) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, Timeout => 5);
}

sub _redis_command {
    my ($self) = @_;
    return ($self->{program}, '--port', $self->{port}, '--bind', '127.0.0.1', '--dir', $self->directory, '--save', '',
        '--appendonly', 'yes', '--appendfsync', 'always', @{ $self->{arguments} });
}

# `arguments` are lines of its configuration.
sub _sentinel_command {
    my ($self) = @_;
    my $file = $self->directory . '/sentinel.conf';
    if (!-e $file) {
        open my $out, '>', $file or die "$file: $!\n";
        print {$out} map { "$_\n" } "port $self->{port}", 'bind 127.0.0.1', 'dir ' . $self->directory,
            @{ $self->{arguments} };
        close $out or die "$file: $!\n";
    }
    return ($self->{program}, $file, '--sentinel');
}

sub _redis_answers {
    my ($self) = @_;
    return $self->_connect && ($self->redis('PING') // '') eq 'PONG';
}

# One command, and what it answers: a text, a list of them, or undef for nothing.
sub redis {
    my ($self, @words) = @_;
    my $socket = $self->_connect or return undef;
    if ($self->{password}) {
        print {$socket} "AUTH $self->{password}\r\n";
        _redis_answer($socket);
    }
    print {$socket} '*' . @words . "\r\n", map { '$' . length($_) . "\r\n$_\r\n" } @words;
    return _redis_answer($socket);
}

sub _redis_answer {
    my ($socket) = @_;
    my $line = readline($socket) // return undef;
    $line =~ s/\r\n\z//;
    return $1 if $line =~ /^[+:](.*)/;
    return [map { _redis_answer($socket) } 1 .. $1] if $line =~ /^\*(\d+)/;
    return undef if $line !~ /^\$(\d+)/;
    read $socket, my($text), $1 + 2;
    return substr $text, 0, -2;
}

sub _make_cluster {
    my ($self) = @_;
    my $initdb = $self->{program} =~ s/postgres$/initdb/r;
    my $said = qx('$initdb' -D '$self->{directory}/data' -U test -A trust -N 2>&1);
    die "initdb: $said\n" if $?;
    return;
}

sub _postgres_command {
    my ($self) = @_;
    return ($self->{program}, '-D', "$self->{directory}/data", '-k', $self->directory, '-c', 'listen_addresses=',
        '-c', 'fsync=off');
}

sub _postgres_answers {
    my ($self) = @_;
    return defined $self->sql('select 1');
}

sub sql {
    my ($self, $statement) = @_;
    my $psql = $self->{program} =~ s/postgres$/psql/r;
    $psql = 'psql' if !-x $psql;
    open my $out, '-|', 'sh', '-c', 'exec "$@" 2>/dev/null', 'sh', $psql, '-h', $self->directory, '-U', 'test', '-d',
        'postgres', '-Atqc', $statement or return undef;
    local $/;
    my $said = <$out>;
    return close($out) ? $said // '' : undef;
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $@);
    return if $self->{owner} != $$ || !$self->{pid};
    kill CONT => $self->{pid};
    $self->stop;
    return;
}

1;
