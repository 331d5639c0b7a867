# Site.pm: an httpd of a test's own that is configured anew, reloaded, stopped and started while its sessions
# stay. It ends with the object.
#
#   my $site = PlusAuth::Site->new('redis', modules => ['socache_redis'], config => "...")->start;
#   $browser->visit($site->page);  $site->configure("...");  $site->reload;  $site->restart;
#
# Its provider is the misbehaving one as issuer /i/site-NAME, or what the option `provider` configures.
package PlusAuth::Site;
use strict;
use warnings;
use File::Temp ();
use IO::Socket::INET;
use PlusAuth::Test qw(vars poll);
use Scalar::Util 'weaken';

my $SECONDS = 60;
my @sites;

sub new {
    my ($class, $name, %options) = @_;
    my $directory = File::Temp->newdir('plusauth-site-XXXXXX', TMPDIR => 1);
    my $self = bless { name => $name, directory => $directory, port => free_port(), modules => [], config => '',
        issuer => "site-$name", owner => $$, %options }, $class;
    weaken($sites[@sites] = $self);
    return $self;
}

# One that nobody listens on now.
sub free_port {
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "no free port: $!\n";
    return $socket->sockport;
}

sub directory { return "$_[0]{directory}" }
sub issuer { return $_[0]{issuer} }

sub url {
    my ($self, $path) = @_;
    return "http://localhost:$self->{port}" . ($path // '');
}

sub page { return $_[0]->url('/app/page.html') }

# What the next start or reload reads.
sub configure {
    my ($self, $config) = @_;
    $self->{config} = $config;
    return $self;
}

sub start {
    my ($self) = @_;
    my (undef, $said) = $self->httpd('-k start');
    return $self if poll($SECONDS, sub { $self->pid && $self->_listens });
    die "$self->{name} did not start: $said" . $self->log_since(0);
}

# Exit status of configtest, and what it says.
sub configtest {
    my ($self) = @_;
    return $self->httpd('-t');
}

# The same of any run of httpd over what is configured now.
sub httpd {
    my ($self, @arguments) = @_;
    $self->_write;
    my $said = qx('@{[vars('httpd')]}' -d '$self->{directory}' -f '$self->{directory}/httpd.conf' @arguments 2>&1);
    return ($? >> 8, $said);
}

# Gracefully, as logrotate does.
sub reload {
    my ($self) = @_;
    my $mark = $self->log_mark;
    $self->_write;
    kill USR1 => $self->pid or die "$self->{name}: no httpd to reload\n";
    poll($SECONDS, sub { $self->log_since($mark) =~ /resuming normal operations/ })
        or die "$self->{name} did not reload: " . $self->log_since($mark);
    return;
}

sub stop {
    my ($self) = @_;
    my $pid = $self->pid or return;
    kill TERM => $pid;
    poll($SECONDS, sub { !kill 0 => $pid }) or die "$self->{name} does not end\n";
    unlink "$self->{directory}/pid";
    return;
}

sub restart {
    my ($self) = @_;
    $self->stop;
    return $self->start;
}

# Ends it and starts it again so many seconds later than it is.
sub restart_at {
    my ($self, $seconds) = @_;
    my $clock = "$self->{directory}/clock.so";
    system('gcc', '-shared', '-fPIC', '-o', $clock, vars('top_dir') . '/t/tools/clock.c') == 0
        or die "t/tools/clock.c cannot be compiled\n";
    local @ENV{qw(LD_PRELOAD CLOCK)} = ($clock, $seconds);
    return $self->restart;
}

sub log_mark { return -s "$_[0]{directory}/log" || 0 }

sub log_since {
    my ($self, $mark) = @_;
    open my $in, '<', "$self->{directory}/log" or return '';
    seek $in, $mark, 0;
    local $/;
    return <$in> // '';
}

# Of httpd's parent process; nothing when it does not run.
sub pid {
    my ($self) = @_;
    open my $in, '<', "$self->{directory}/pid" or return undef;
    my ($pid) = (<$in> // '') =~ /^(\d+)/;
    return $pid;
}

# The pids of its children.
sub children {
    my ($self) = @_;
    my $parent = $self->pid or return;
    return grep { $_ } map { /\/(\d+)\/stat$/ && _parent_of($_) == $parent ? $1 : 0 } glob '/proc/[0-9]*/stat';
}

# By its line in /proc, which names a process in parentheses.
sub _parent_of {
    my ($file) = @_;
    open my $in, '<', $file or return 0;
    my ($state, $parent) = (<$in> // '') =~ /\) (\S) (\d+)/;
    return defined $state && $state ne 'Z' ? $parent : 0;
}

sub _listens {
    my ($self) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port});
}

sub _write {
    my ($self) = @_;
    open my $out, '>', "$self->{directory}/httpd.conf" or die "httpd.conf: $!\n";
    print {$out} $self->_common, $self->{config}, $self->_key;
    close $out or die "httpd.conf: $!\n";
    return;
}

# What leaves the server needs a key.
sub _key {
    my ($self) = @_;
    return '' if $self->{config} =~ /^\s*PlusAuthKey/m || $self->{config} !~ /^\s*PlusAuthSessionStore (?!shmcb)/m;
    return "PlusAuthKey 8Fq2mVwZ1nT7cXbR5sKdLhJpYgUaEo3i\n";
}

# The suite's modules, with another MPM where the site names one: `mpm => 'prefork'`.
sub _module_list {
    my ($self) = @_;
    my $file = vars('t_conf') . '/modules.conf';
    return "Include $file" if !$self->{mpm};
    open my $in, '<', $file or die "$file: $!\n";
    my $list = do { local $/; <$in> };
    $list =~ s/mpm_[a-z]+/mpm_$self->{mpm}/g;
    if ($self->{mpm} eq 'prefork') {
        $list =~ s/cgid/cgi/g;
        $list =~ s/^.*http2.*\n//mg;
    }
    return $list;
}

sub _common {
    my ($self) = @_;
    my ($directory, $port) = @$self{qw(directory port)};
    my $libexec = vars('libexecdir');
    my $modules = join '', map { "<IfModule !${_}_module>\nLoadModule ${_}_module $libexec/mod_$_.so\n</IfModule>\n" }
        @{ $self->{modules} };
    my $provider = $self->{provider} // <<"PROVIDER";
PlusAuthIssuer http://127.0.0.1:@{[vars('faulty_port')]}/i/$self->{issuer}
PlusAuthClientID client
PlusAuthClientSecret s3cret-that-HS512-can-use-because-it-is-longer-than-64-bytes-as-one-sees
PROVIDER
    return <<"CONFIG";
@{[$self->_module_list]}
$modules
LoadModule plusauth_module @{[vars('build')]}/mod_plusauth.so
LoadModule plusauth_redis_module @{[vars('build')]}/mod_plusauth_redis.so
ServerName http://localhost:$port
Listen 127.0.0.1:$port
DefaultRuntimeDir $directory
Define STATE $directory
Include @{[vars('t_conf')]}/real.conf
PidFile $directory/pid
ErrorLog $directory/log
LogLevel warn plusauth:debug
TypesConfig /dev/null
DocumentRoot @{[vars('documentroot')]}
KeepAliveTimeout 60
<IfModule cgid_module>
    ScriptSock $directory/cgisock
</IfModule>
<IfModule !mpm_prefork_module>
    ServerLimit 4
    StartServers 1
    ThreadsPerChild 16
    MaxRequestWorkers 64
    MinSpareThreads 1
    MaxSpareThreads 64
</IfModule>
Session On
PlusAuthTemplates @{[vars('top_dir')]}/templates
PlusAuthHTTPTimeout 2s 5s
$provider<Location "/app">
    AuthType PlusAuth
    Require valid-user
</Location>
CONFIG
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $@);
    eval { $self->stop } if $self->{owner} == $$ && ${^GLOBAL_PHASE} ne 'DESTRUCT';
    return;
}

# The object of a variable of the file's own would end after its directory, which tells the pid.
END { $_->DESTROY for grep { defined } @sites }

1;
