# origin.t: the origin that the configuration gives a host, and the lines that a site's owner reads at start.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

my $tls = vars('t_logs') . '/financial.d';
my $certificate = "SSLCertificateFile $tls/server.crt\nSSLCertificateKeyFile $tls/server.key\n";
my %port = map { $_ => PlusAuth::Site->free_port } qw(plain secure said);

# A host of each kind, its configuration, and the origin that browsers must be told.
my @hosts = (
    ['on', '127.0.0.1:%secure', 'SSLEngine on', 'https://on.test:%secure'],
    ['case', '127.0.0.1:%secure', 'sslengine "On"', 'https://case.test:%secure'],
    ['module', '127.0.0.1:%secure', "<IfModule mod_ssl.c>\nSSLEngine on\n</IfModule>", 'https://module.test:%secure'],
    ['absent', '127.0.0.1:%plain', "<IfModule mod_absent.c>\nSSLEngine on\n</IfModule>", 'http://absent.test:%plain'],
    ['defined', '127.0.0.1:%secure', "<IfDefine !NOWHERE>\nSSLEngine on\n</IfDefine>", 'https://defined.test:%secure'],
    ['off', '127.0.0.1:%plain', 'SSLEngine off', 'http://off.test:%plain'],
    ['unsaid', '127.0.0.1:%plain', '', 'http://unsaid.test:%plain'],
    ['later', '127.0.0.1:%secure', "SSLEngine off\nSSLEngine on", 'https://later.test:%secure'],
    ['listen', '127.0.0.1:%said', '', 'https://listen.test:%said'],
    ['listen-off', '127.0.0.1:%said', 'SSLEngine off', 'http://listen-off.test:%said'],
    ['several', '127.0.0.1:%plain 127.0.0.1:%said', '', 'https://several.test:%said'],
    ['usual', '127.0.0.1:443', '', 'https://usual.test'],
    ['front', '127.0.0.1:%plain', 'ServerName https://front.test', 'https://front.test'],
    ['port', '127.0.0.1:%secure', "ServerName port.test:8443\nSSLEngine on", 'https://port.test:8443'],
    ['origin', '127.0.0.1:%secure', "SSLEngine on\nPlusAuthOrigin https://elsewhere.test", 'https://elsewhere.test'],
    ['optional', '127.0.0.1:%plain', 'SSLEngine optional', 'http://optional.test:%plain'],
);

sub filled { return $_[0] =~ s/%(plain|secure|said)/$port{$1}/gr }

sub host {
    my ($name, $addresses, $lines) = @_;
    my $named = $lines =~ /ServerName/ ? '' : "ServerName $name.test\n";
    return filled("<VirtualHost $addresses>\n$named$certificate$lines\n</VirtualHost>\n");
}

my $listen = filled("Listen 127.0.0.1:%plain\nListen 127.0.0.1:%secure\nListen 127.0.0.1:%said https\n");
my $site = PlusAuth::Site->new('origin', modules => ['ssl']);
my $directory = $site->directory;

# As sites have it: hosts in files, and a macro that makes them.
open my $out, '>', "$directory/included.conf" or die "included.conf: $!\n";
print {$out} host('included', '127.0.0.1:%secure', 'SSLEngine on');
close $out or die;
my $macro = <<"MACRO";
<Macro TlsHost \$name \$engine>
<VirtualHost 127.0.0.1:$port{secure}>
ServerName \$name.test
${certificate}SSLEngine \$engine
</VirtualHost>
</Macro>
Use TlsHost macro-on on
Use TlsHost macro-off off
MACRO

$site->configure($listen . $macro . "Include $directory/included.conf\n" . join '', map { host(@$_) } @hosts)->start;
my %told = map { /Redirect URI (\S+)\/login\/callback, Post Logout Redirect URI (\S+)\/logout$/ && $1 eq $2 ? ($1 => 1) : () }
    split /\n/, $site->log_since(0);
ok $told{ filled($_->[3]) }, "$_->[0]: " . filled($_->[3]) for @hosts;
ok $told{"https://included.test:$port{secure}"}, 'an included host that speaks TLS has an https origin';
ok $told{"https://macro-on.test:$port{secure}"}, 'a host of a macro, too';
ok $told{"http://macro-off.test:$port{secure}"}, 'and another host of the same macro its own'
    or diag explain [sort keys %told];
like $site->log_since(0), qr{\[plusauth:notice\].*register.*\Qhttps://on.test:$port{secure}/login/callback\E},
    'the URIs to register at the provider are logged at notice';
$site->stop;

subtest 'virtual hosts inherit SSLEngine, as they do in mod_ssl' => sub {
    my $all = PlusAuth::Site->new('inherited', modules => ['ssl']);
    $all->configure("${listen}SSLEngine on\n$certificate" . host('inherits', '127.0.0.1:%plain', '')
        . host('refuses', '127.0.0.1:%said', 'SSLEngine off'));
    my ($status, $said) = $all->configtest;
    # The shared ServerName of these servers is http://localhost: the main server contradicts itself.
    isnt $status, 0, 'a server that speaks TLS under an http name is refused by configtest';
    like $said, qr/ServerName.*https/, 'with what to write' or diag $said;
    ($status, $said) = $all->configure("$all->{config}ServerName https://localhost\n")->configtest;
    is $status, 0, 'and taken under an https name' or diag $said;
    like $said, qr{Redirect URI https://inherits\.test:$port{plain}/}, 'inherited';
    like $said, qr{Redirect URI http://refuses\.test:$port{said}/}, 'refused';
};

subtest 'a host that speaks TLS is not signed in to by http' => sub {
    my $bad = PlusAuth::Site->new('contradiction', modules => ['ssl']);
    for my $lines ('ServerName http://clear.test', 'PlusAuthOrigin http://clear.test') {
        $bad->configure($listen . host('clear', '127.0.0.1:%secure', "SSLEngine on\n$lines"));
        my ($status, $said) = $bad->configtest;
        isnt $status, 0, "$lines: refused";
        like $said, qr/\Q@{[$lines =~ s{ .*}{}r]}\E.*SSLEngine on/, 'by a line that names it' or diag $said;
    }
};

subtest 'a host without a name warns' => sub {
    my $bare = PlusAuth::Site->new('bare', modules => ['ssl']);
    my $said = ($bare->configure($listen . "<VirtualHost 127.0.0.1:$port{plain}>\n</VirtualHost>\n"
        . host('named', '127.0.0.1:%plain', '')
        . "<VirtualHost 127.0.0.1:$port{said}>\nPlusAuthOrigin https://said.test\n</VirtualHost>\n"
        . "<VirtualHost 127.0.0.1:$port{secure}>\nPlusAuthEngine off\n</VirtualHost>\n")->configtest)[1];
    is scalar(() = $said =~ /neither ServerName nor PlusAuthOrigin/g), 1, 'once, for the one that has none' or diag $said;
};

done_testing;
