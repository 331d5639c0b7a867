# load_order.t: the order of LoadModule lines does not matter, and a missing module is named at start. Debian reads
# mods-enabled in alphabetical order, which puts plusauth.load before session.load.
use strict;
use warnings;
use lib 't/lib';
use File::Temp 'tempdir';
use IO::Socket::INET;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

my @NEEDED = qw(authn_core authz_core authz_user include session socache_shmcb);
my $httpd = vars('httpd');
my $libexec = vars('libexecdir');
my $directory = tempdir(CLEANUP => 1);
my $port = PlusAuth::Site::free_port();
my $log = "$directory/error_log";

# The smallest configuration there is, with the templates of this tree, and with these modules in this order.
sub configure {
    my (@modules) = @_;
    my $lines = join '', map { "LoadModule ${_}_module " . file_of($_) . "\n" } @modules;
    write_file("$directory/plusauth.env",
        'AUTH_URL=http://127.0.0.1:' . vars('faulty_port') . "/i/app\nCLIENT_ID=client\nCLIENT_SECRET=s3cret\n", 0600);
    write_file("$directory/httpd.conf", <<"END", 0644);
LoadModule mpm_${\PlusAuth::Test::mpm()}_module $libexec/mod_mpm_${\PlusAuth::Test::mpm()}.so
$lines
ServerName localhost:$port
Listen 127.0.0.1:$port
PidFile $directory/pid
DefaultRuntimeDir $directory
ErrorLog $log
PlusAuthTemplates @{[vars('top_dir')]}/templates
PlusAuthEnvFile $directory/plusauth.env
Session On
<Location "/app">
    AuthType PlusAuth
    Require valid-user
</Location>
END
    return;
}

sub file_of {
    my ($module) = @_;
    return ($module eq 'plusauth' ? vars('build') : $libexec) . "/mod_$module.so";
}

sub write_file {
    my ($file, $text, $mode) = @_;
    open my $out, '>', $file or die "$file: $!\n";
    print {$out} $text;
    close $out or die "$file: $!\n";
    chmod $mode, $file;
    return;
}

sub run_httpd {
    my (@arguments) = @_;
    return scalar qx('$httpd' -d '$directory' -f '$directory/httpd.conf' @arguments 2>&1);
}

sub read_log {
    open my $in, '<', $log or return '';
    local $/;
    return <$in>;
}

sub stop {
    open my $in, '<', "$directory/pid" or return;
    chomp(my $pid = <$in>);
    kill TERM => $pid;
    ok poll(60, sub { !kill 0 => $pid }), 'stopped';
    unlink "$directory/pid";
    return;
}

for my $at (0 .. @NEEDED) {
    my @order = @NEEDED;
    splice @order, $at, 0, 'plusauth';
    subtest "starts and asks for a login, loaded as @order" => sub {
        unlink $log;
        configure(@order);
        my $said = run_httpd('-k', 'start');
        is $?, 0, 'httpd takes it' or diag $said;
        ok poll(60, sub { read_log() =~ /resuming normal operations/ }), 'started' or diag read_log();
        my $answer = browser()->get("http://localhost:$port/app");
        is $answer->code, 302, 'a protected place asks for a login';
        like $answer->header('Location'), qr{^http://127\.0\.0\.1:\d+/i/app/}, 'at the provider';
        unlike $said . read_log(), qr/AH01574|already loaded|undefined symbol/, 'no word of the order';
        stop();
    };
}

for my $missing (qw(session authn_core authz_core socache_shmcb)) {
    configure('plusauth', grep { $_ ne $missing } @NEEDED);
    my $said = run_httpd('-t');
    isnt $?, 0, "does not start without mod_$missing";
    like $said, qr/mod_$missing\b.*LoadModule ${missing}_module/, 'and names it, with the cure';
    unlike $said, qr/Invalid command|undefined symbol/, 'before httpd stumbles over its directives';
}

unlike scalar qx(nm -D --undefined-only '${\file_of('plusauth')}'), qr/session_/, 'nothing of mod_session is linked';

done_testing;
