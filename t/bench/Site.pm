# Site.pm: one httpd of the bench with one of the configurations of httpd.conf, a browser's login at
# it, and requests over one connection that is kept alive.
package Site;
use strict;
use warnings;
use File::Path 'make_path';
use IO::Socket::INET;
use POSIX ();
use PlusAuth::Browser;
use Time::HiRes 'sleep';

our $BODY = "hello\n";
my $START_SECONDS = 60;
my $ANSWER_SECONDS = 30;
my %running;

# What each configuration asks of whoever signs in: the fields of its login page.
my %login = (
    plain => undef,
    plusauth => { login => 'ada', password => 'any' },
    auth_openidc => { login => 'ada', password => 'any' },
    session_crypto => { httpd_username => 'ada', httpd_password => 'secret' },
);

# Starts it. `defines` are those of httpd.conf; `callgrind` names a file for its profiles, `idle` lets
# it wait for count().
sub start {
    my ($class, $name, %options) = @_;
    my $self = bless { name => $name, profiles => 0, %options }, $class;
    my $state = $self->{state};
    make_path("$state/htdocs");
    _write("$state/htdocs/$_.txt", $BODY) for qw(file open);
    # What htpasswd -s makes of ada:secret.
    _write("$state/passwords", "ada:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");
    my %defines = (%{ $self->{defines} }, PORT => $self->{port}, STATE => $state);
    my @command = ($self->{httpd}, '-f', "$self->{bench}/httpd.conf", '-d', $state,
        map({ ('-C', "Define $_ \"$defines{$_}\"") } sort keys %defines),
        '-C', 'Define BENCH_' . $name =~ s/ .*//r);
    push @command, $self->{callgrind} ? ('-C', 'Define PREFORK', '-X') : ('-D', 'FOREGROUND');
    unshift @command, 'valgrind', '--tool=callgrind', '--quiet', $self->{idle} ? '--instr-atstart=no' : (),
        "--callgrind-out-file=$self->{callgrind}" if $self->{callgrind};
    $self->{pid} = _spawn("$state/output.log", @command);
    $running{ $self->{pid} } = 1;
    $self->_await;
    return $self;
}

sub stop {
    my ($self) = @_;
    _end($self->{pid});
    return;
}

# Every httpd that is still there; also when the bench dies.
sub stop_all { _end($_) for keys %running; return }

# What is asked for and measured once somebody is signed in.
sub path { return $_[0]{name} =~ / open$/ ? '/open.txt' : '/file.txt' }

sub url { return "http://localhost:$_[0]{port}$_[1]" }

# Signs in and keeps the session's cookies. Dies unless the file is closed before and open afterwards.
sub login {
    my ($self) = @_;
    my $fields = $login{ $self->{name} =~ s/ .*//r } or return $self;
    my $browser = PlusAuth::Browser->new;
    die "$self->{name} protects nothing\n" if $browser->fetch($self->url('/file.txt'))->code == 200;
    my $page = $self->{name} eq 'session_crypto'
        ? $browser->follow($browser->post($self->url('/login'), $fields))
        : $browser->visit($self->url('/file.txt'));
    # A provider may know who it is without asking.
    $page = $browser->submit($page, %$fields) if $page->content =~ /<form/;
    die "$self->{name}: the login ended with " . $page->status_line . ' at ' . $page->{seen_url} . "\n"
        . slurp("$self->{state}/error.log")
        unless $page->code == 200 && $page->content eq $BODY;
    my %cookies = $browser->cookies;
    # Those of the login on its way and of the provider, which shares our host, are no session's.
    my @names = grep { !/^(?:op_|mod_auth_openidc_state|plusauth-login)/ } sort keys %cookies;
    $self->{cookie} = join '; ', map { "$_=$cookies{$_}" } @names;
    return $self;
}

# Instructions of a request: what so many of them take, of the session or of any of those that the
# cookies name, divided by their number. The profile is kept.
sub count {
    my ($self, $count, @cookies) = @_;
    $self->_control('-i on') if $self->{idle};
    $self->_dump; # and begin anew
    $self->request($count, @cookies);
    my $profile = $self->_dump;
    $self->_control('-i off') if $self->{idle};
    return slurp($profile) =~ /^(?:summary|totals): (\d+)/m ? $1 / $count : die "no total in $profile\n";
}

sub _dump {
    my ($self) = @_;
    $self->_control('-d');
    return $self->{profile} = "$self->{callgrind}." . ++$self->{profiles};
}

sub _control {
    my ($self, $command) = @_;
    my $said = qx(callgrind_control $command $self->{pid} 2>&1);
    die "callgrind_control cannot reach httpd: $said\n" if $? || $said !~ /OK/;
    return;
}

# So many requests over one connection, each with the session or any of the others and each answered
# with the file.
sub request {
    my ($self, $count, @cookies) = @_;
    @cookies = $self->{cookie} // '' if !@cookies;
    my $socket = $self->{connection} ||= IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $self->{port}, Timeout => $ANSWER_SECONDS)
        or die "$self->{name} takes no connection: $!\n";
    for (1 .. $count) {
        my $cookie = $cookies[rand @cookies];
        print {$socket} "GET @{[$self->path]} HTTP/1.1\r\nHost: localhost:$self->{port}\r\n",
            $cookie ? "Cookie: $cookie\r\n" : '', "\r\n";
        $socket->flush;
        my $answer = '';
        while ($answer !~ /\r\n\r\n.{6}/s) {
            sysread $socket, $answer, 8192, length $answer or last;
        }
        die "$self->{name} answered:\n$answer\n"
            unless $answer =~ m{^HTTP/1\.1 200 .*\r\n\r\n\Q$BODY\E$}s;
    }
    return $self;
}

# What apxs knows by that name.
sub apxs {
    my ($name) = @_;
    my $apxs = $ENV{APXS} || 'apxs';
    chomp(my $value = qx($apxs -q $name));
    return $value || die "$apxs knows no $name\n";
}

sub httpd { return apxs('SBINDIR') . '/' . apxs('PROGNAME') }

sub free_port {
    my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die "$!\n";
    return $socket->sockport;
}

sub _await {
    my ($self) = @_;
    for (1 .. $START_SECONDS * 20) {
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port});
        return if $socket;
        if (waitpid($self->{pid}, POSIX::WNOHANG()) == $self->{pid}) {
            delete $running{ $self->{pid} };
            last;
        }
        sleep 0.05;
    }
    die "$self->{name} did not start:\n" . slurp("$self->{state}/output.log")
        . slurp("$self->{state}/error.log");
}

sub _spawn {
    my ($log, @command) = @_;
    defined(my $pid = fork) or die "fork: $!\n";
    return $pid if $pid;
    open STDIN, '<', '/dev/null';
    open STDOUT, '>', $log;
    open STDERR, '>&', \*STDOUT;
    exec @command or POSIX::_exit(127);
}

sub _end {
    my ($pid) = @_;
    delete $running{$pid} or return;
    kill TERM => $pid;
    waitpid $pid, 0;
    return;
}

sub _write {
    my ($file, $text) = @_;
    open my $out, '>', $file or die "$file: $!\n";
    print {$out} $text;
    close $out or die "$file: $!\n";
    return;
}

sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or return '';
    local $/;
    return <$in> // '';
}

1;
