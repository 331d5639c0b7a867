# TestRun.pm: Apache::TestRun with a module list of our own, the two providers, and an honest count.
package PlusAuth::TestRun;
use strict;
use warnings;
use Apache::TestRun ();
use Apache::TestTrace;
use Apache::TestHarness ();
use IO::Socket::INET;
use PlusAuth::Count;
use PlusAuth::Issuers;
use PlusAuth::Providers;
use PlusAuth::TestConfig;

our @ISA = ('Apache::TestRun');

# What a real site loads, set up in t/conf/real.conf. Debian's own configuration would load mod_perl,
# mod_auth_openidc and whatever else is enabled.
my @MODULES = qw(authn_core authz_core authz_user authz_host mime dir alias env headers setenvif
    include rewrite actions proxy proxy_http session session_cookie socache_shmcb status
    unique_id macro info
    access_compat allowmethods auth_basic authn_file authz_groupfile autoindex cache cache_disk cache_socache dav dav_fs
    deflate expires filter negotiation proxy_ajp proxy_balancer proxy_fcgi proxy_wstunnel remoteip reqtimeout
    slotmem_shm socache_dbm speling ssl substitute userdir vhost_alias);
my %MPM_MODULES = (event => [qw(cgid http2)], worker => [qw(cgid http2)], prefork => ['cgi']);
my $PORTS = 64;

my $providers_owner = 0;

sub pre_configure {
    my ($self) = @_;
    return $self->SUPER::pre_configure if !$self->_starts;
    my $conf = $self->{conf_opts};
    my $logs = "$self->{t_dir}/logs";
    mkdir $logs;
    unlink glob "$logs/sanitizer.*";
    $conf->{servername} = 'localhost';
    $conf->{port} ||= free_ports($PORTS);
    $conf->{defines} = $self->mpm;
    $conf->{save} = 1;
    delete $conf->{thaw};
    my @origins = map { 'http://localhost:' . ($conf->{port} + $_) } 0 .. $PORTS - 1;
    $providers_owner = $$;
    my $started = PlusAuth::Providers::start($logs, \@origins);
    @$conf{keys %$started} = values %$started;
    $conf->{build} = $ENV{PLUSAUTH_BUILD} || 'build';
    $conf->{build} = "$self->{t_dir}/../$conf->{build}" if $conf->{build} !~ m{^/};
    die "no $conf->{build}/mod_plusauth.so: run make first\n"
        if !-f "$conf->{build}/mod_plusauth.so";
    $conf->{documents} = "$self->{t_dir}/htdocs/app";
    PlusAuth::Issuers::write("$self->{t_dir}/conf/issuers.conf", $conf);
    return;
}

sub mpm {
    my $mpm = $ENV{PLUSAUTH_MPM} || 'event';
    die "PLUSAUTH_MPM=$mpm: event, worker or prefork\n" if !$MPM_MODULES{$mpm};
    return $mpm;
}

# Whether this run starts httpd: alone, -run-tests, -stop-httpd and the like do not.
sub _starts {
    my ($self) = @_;
    my $opts = $self->{opts};
    return 1 if $opts->{'start-httpd'} || $opts->{configure};
    return !grep { exists $opts->{$_} } qw(run-tests stop-httpd clean help ping);
}

sub new_test_config {
    my ($self) = @_;
    my $conf = $self->{conf_opts};
    $conf->{apxs} ||= '/usr/bin/apxs';
    chomp($conf->{libexecdir} ||= qx($conf->{apxs} -q LIBEXECDIR));
    $conf->{httpd_conf} = "$self->{t_dir}/conf/modules.conf";
    _write($conf->{httpd_conf}, map { "LoadModule ${_}_module $conf->{libexecdir}/mod_$_.so\n" }
        'mpm_' . mpm(), @MODULES, @{ $MPM_MODULES{ mpm() } });
    $conf->{httpd} ||= $self->_sanitized_httpd if $conf->{build};
    delete $conf->{httpd} if !$conf->{httpd};
    return PlusAuth::TestConfig->new($conf);
}

# A module built with the address sanitizer needs its runtime loaded before httpd's own libraries.
sub _sanitized_httpd {
    my ($self) = @_;
    my $conf = $self->{conf_opts};
    return undef if qx(nm -D '$conf->{build}/mod_plusauth.so' 2>/dev/null) !~ /__asan_init/;
    chomp(my $runtime = qx(gcc -print-file-name=libasan.so));
    chomp(my $httpd = qx($conf->{apxs} -q SBINDIR) =~ s/\n//r . '/' . qx($conf->{apxs} -q TARGET));
    # Leaks are judged by whose they are: by whole stacks, and not by httpd's exit status.
    my $leaks = $ENV{PLUSAUTH_LEAKS}
        ? 'detect_leaks=1:fast_unwind_on_malloc=0:malloc_context_size=48:exitcode=0'
        : 'detect_leaks=0:exitcode=66';
    my $logs = "$self->{t_dir}/logs";
    my $wrapper = "$logs/httpd-sanitized";
    _write($wrapper, <<"EOF_WRAPPER");
#!/bin/sh
export ASAN_OPTIONS="$leaks:log_path=$logs/sanitizer:abort_on_error=0"
export UBSAN_OPTIONS="print_stacktrace=1:log_path=$logs/sanitizer"
export LD_PRELOAD="$runtime\${LD_PRELOAD:+:\$LD_PRELOAD}"
exec $httpd "\$@"
EOF_WRAPPER
    chmod 0755, $wrapper;
    return $wrapper;
}

# With -start-httpd alone, what was started stays, for -run-tests and -stop-httpd to come.
sub start {
    my ($self) = @_;
    my $result = $self->SUPER::start;
    $providers_owner = 0 if !$self->{opts}{'stop-httpd'};
    return $result;
}

# Instead of Test::Harness, which tells success and failure but no numbers.
sub run_tests {
    my ($self) = @_;
    return if !$self->{opts}{'run-tests'};
    my @files = Apache::TestHarness->get_tests({ tests => $self->{tests} });
    # Only who names them has what they need.
    @files = grep { !m{^t/second/} } @files if !@{ $self->{tests} };
    my $verbosity = $self->{opts}{verbose} ? 1 : 0;
    $self->{count} = PlusAuth::Count->new->run(\@files, verbosity => $verbosity);
    return;
}

sub stop {
    my ($self) = @_;
    my $result = $self->SUPER::stop;
    PlusAuth::Providers::stop("$self->{t_dir}/logs") if $self->{opts}{'stop-httpd'};
    if (my $count = $self->{count}) {
        $count->add(PlusAuth::Count->new(failed => 1))
            if $self->_sanitizer_reports + $self->_crashes + $self->_untested_attacks;
        $count->save;
        print $count->line, "\n" if !$ENV{PLUSAUTH_RUN_TESTS};
    }
    return $result;
}

sub _sanitizer_reports {
    my ($self) = @_;
    my @reports = grep { !_is_only_of_others($_) } glob "$self->{t_dir}/logs/sanitizer.*";
    print "sanitizer report: $_\n" for @reports;
    return @reports;
}

# Whether a report tells of leaks alone, and of none that a request made with our code in its stack.
# httpd and its modules do not give back everything at their end; and what our configuration holds looks
# like a leak, because the sanitizer does not see into the memory of pools.
sub _is_only_of_others {
    my ($file) = @_;
    open my $in, '<', $file or return 0;
    my ($head, @leaks) = split /^(?=(?:Direct|Indirect) leak of )/m, do { local $/; <$in> };
    return 0 if !@leaks || $head !~ /LeakSanitizer: detected memory leaks/;
    return !grep { / in pa_\w|mod_plusauth/ && !/ in (?:pa_config_check|ap_process_config_tree) / } @leaks;
}

# httpd replaces a child process that crashed, so that no test need notice; and the undefined behaviour
# sanitizer writes to standard error, which is the log.
sub _crashes {
    my ($self) = @_;
    open my $in, '<', "$self->{t_dir}/logs/error_log" or return 0;
    my @crashes = grep { /exit signal|: runtime error: |AddressSanitizer/ } <$in>;
    print "httpd: $_" for @crashes;
    return @crashes;
}

# In a run of all files.
sub _untested_attacks {
    my ($self) = @_;
    return 0 if @{ $self->{tests} || [] };
    my @untested = $self->{count}->untested_attacks;
    print "attack $_: no test named for it has passed\n" for @untested;
    return @untested;
}

# The exit status: tests ran, and all were good.
sub status {
    my ($self) = @_;
    return 0 if !$self->{count};
    return $self->{count}->good ? 0 : 1;
}

# The first of `number` ports in a row that are free now.
sub free_ports {
    my ($number) = @_;
    for (1 .. 200) {
        my $first = 20000 + int rand 10000;
        my @sockets = map {
            IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $_, Listen => 1) || ()
        } $first .. $first + $number - 1;
        return $first if @sockets == $number;
    }
    die "no $number free ports in a row\n";
}

sub _write {
    my ($file, @lines) = @_;
    open my $out, '>', $file or die "$file: $!\n";
    print {$out} @lines;
    close $out or die "$file: $!\n";
    return;
}

# However this process ends, the providers it started end with it.
END {
    local $?;
    if ($providers_owner == $$) {
        PlusAuth::Providers::stop('t/logs');
    }
}

1;
