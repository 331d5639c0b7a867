# directives.t: the table of conf/README.md is the module's command table, and a bad value stops the start with one
# line that names the directive.
use strict;
use warnings;
use lib 't/lib';
use File::Temp 'tempdir';
use PlusAuth::Test;
use Test::More;

my $httpd = vars('httpd');
my $directory = tempdir(CLEANUP => 1);
my $modules = vars('libexecdir');

# Runs httpd with a configuration; its exit status and what it says.
sub httpd {
    my ($config, @arguments) = @_;
    open my $out, '>', "$directory/httpd.conf" or die "httpd.conf: $!\n";
    print {$out} preamble(), $config;
    close $out or die "httpd.conf: $!\n";
    my $said = qx(timeout 20 '$httpd' -d '$directory' -f '$directory/httpd.conf' @arguments 2>&1);
    return ($? >> 8, $said);
}

sub preamble {
    my $mpm = PlusAuth::Test::mpm();
    my $lines = join '', map { "LoadModule ${_}_module $modules/mod_$_.so\n" } "mpm_$mpm", qw(authn_core authz_core
        authz_user session socache_shmcb include);
    return $lines . 'LoadModule plusauth_module ' . vars('build') . "/mod_plusauth.so\n"
        . "ServerName localhost\nListen 127.0.0.1:" . (vars('port') + 63) . "\nPidFile $directory/pid\nErrorLog $directory/log\n"
        . "DefaultRuntimeDir $directory\nSession On\nPlusAuthTemplates " . vars('top_dir') . "/templates\n";
}

my $provider = "PlusAuthIssuer https://idp.example.test\nPlusAuthClientID id\nPlusAuthClientSecret secret\n";
my ($status, $said) = httpd($provider, '-t');
is $status, 0, 'a good configuration starts' or diag $said;

sub file {
    my ($name, $text, $mode) = @_;
    open my $out, '>', "$directory/$name" or die "$name: $!\n";
    print {$out} $text;
    close $out;
    chmod $mode, "$directory/$name";
    return "$directory/$name";
}

my $env = file('env', "AUTH_URL=https://idp.example.test\nCLIENT_ID=id\nCLIENT_SECRET=secret\n", 0600);
my $open_env = file('open.env', "AUTH_URL=https://idp.example.test\n", 0644);
my $secret = file('secret', "from-a-file-with-a-line-end\n", 0600);

my $key = 'PlusAuthKey 8Fq2mVwZ1nT7cXbR5sKdLhJpYgUaEo3i';
my $open_secret = file('open.secret', "a-secret-that-everybody-can-read-or-change\n", 0644);
my $writable = file('writable.secret', "a-secret-that-everybody-can-read-or-change\n", 0602);
my $group_secret = file('group.secret', "8Fq2mVwZ1nT7cXbR5sKdLhJpYgUaEo3i\n", 0640);

my $keys = vars('t_logs') . '/financial.d';

# Configurations that start.
for my $good ("PlusAuthEnvFile $env", "PlusAuthTenant mytenant\nPlusAuthClientID id\nPlusAuthClientSecret secret",
    "PlusAuthIssuer http://localhost:3001\nPlusAuthClientID id\nPlusAuthClientAuth none",
    "PlusAuthIssuer http://127.0.0.1:3001\nPlusAuthClientID id\nPlusAuthClientSecret file:$secret",
    "PlusAuthIssuer http://[::1]:3001/x\nPlusAuthClientID id\nPlusAuthClientSecret \"exec:/bin/cat $secret\"",
    "$provider\nPlusAuthSigningAlgs RS256 ES256 EdDSA Ed25519 Ed448", "$provider\nPlusAuthSessionLifetime 30min\nPlusAuthSessionIdle 90",
    "$provider\nPlusAuthKey 0123456789abcdef fedcba9876543210", "$provider\nPlusAuthKey file:$group_secret", "$provider\nPlusAuthOrigin https://www.example.test",
    "$provider\nPlusAuthHTTPTimeout 500ms 2s",
    "$provider\n$key\nPlusAuthSessionStore cookie", "$provider\n$key\nPlusAuthSessionStore cookie shmcb",
    "$provider\nPlusAuthSessionStore shmcb:sessions(2000000)", "PlusAuthEnvFile $env\nPlusAuthScope \"openid email\"",
    "$provider\nPlusAuthClientKey $keys/p256.pem\nPlusAuthProfile financial",
    "PlusAuthTenant mytenant\nPlusAuthClientID id\nPlusAuthClientKey $keys/rsa.pem old\nPlusAuthClientKey $keys/p256.pem\nPlusAuthProfile fapi2",
    "$provider\nPlusAuthClientCert $keys/known.pem\nPlusAuthClientAuth tls_client_auth\nPlusAuthSenderConstrain mtls",
    "$provider\nPlusAuthClientKey $keys/p256.pem\nPlusAuthClientAuth private_key_jwt ES256 aud=token_endpoint",
    "$provider\nPlusAuthClientKey $keys/p256.pem\nPlusAuthClientAuth private_key_jwt aud=token_endpoint ES256",
    "$provider\nPlusAuthClientKey $keys/p256.pem\nPlusAuthProfile fapi2\nPlusAuthClientAuth private_key_jwt aud=issuer",
    "$provider\nPlusAuthConnectionLifetime 1h\n<Location /x>\nPlusAuthConnectionLifetime off\n</Location>",
    "$provider\n<Location /x>\nPlusAuthExport headers X-User=sub\nPlusAuthUser email\n</Location>",
    "$provider\nPlusAuthClientSecret 0123456789abcdef0123456789abcdef\nPlusAuthClientAuth client_secret_jwt HS256\n"
        . "<PlusAuthProvider a>\n$provider\nPlusAuthClientKey $keys/p256.pem\nPlusAuthProfile financial\n</PlusAuthProvider>",
    "<PlusAuthProvider a>\n$provider</PlusAuthProvider>\n<PlusAuthProvider b>\nPlusAuthEnvFile $env\n</PlusAuthProvider>", '') {
    my ($rc, $text) = httpd("$good\n", '-t');
    is $rc, 0, 'starts: ' . ($good =~ s/\n/; /gr) or diag $text;
}

# Configurations that do not: the value, the directive that the message must name.
my @bad = (
    ['PlusAuthIssuer http://idp.example.test', 'PlusAuthIssuer'], ['PlusAuthIssuer idp.example.test', 'PlusAuthIssuer'],
    ['PlusAuthIssuer ftp://idp.example.test', 'PlusAuthIssuer'], ['PlusAuthIssuer https://user@idp.example.test', 'PlusAuthIssuer'],
    ['PlusAuthIssuer https://idp.example.test/#x', 'PlusAuthIssuer'], ['PlusAuthIssuer http://localhost.evil.example', 'PlusAuthIssuer'],
    ['PlusAuthIssuer http://127.0.0.1.evil.example', 'PlusAuthIssuer'], ['PlusAuthIssuer ""', 'PlusAuthIssuer'],
    ['PlusAuthTenant My_Tenant', 'PlusAuthTenant'], ['PlusAuthTenant ab', 'PlusAuthTenant'], ['PlusAuthTenant a.b.c', 'PlusAuthTenant'],
    ["PlusAuthEnvFile $open_env", 'PlusAuthEnvFile'], ['PlusAuthEnvFile /nowhere/env', 'PlusAuthEnvFile'],
    ['PlusAuthClientSecret file:/nowhere/secret', 'PlusAuthClientSecret'], ['PlusAuthClientSecret exec:/bin/false', 'PlusAuthClientSecret'],
    ['PlusAuthClientSecret ""', 'PlusAuthClientSecret'], ['PlusAuthClientID ""', 'PlusAuthClientID'],
    ['PlusAuthClientAuth basic', 'PlusAuthClientAuth'], ['PlusAuthScope "profile email"', 'PlusAuthScope', 1],
    ['PlusAuthSigningAlgs none', 'PlusAuthSigningAlgs'], ['PlusAuthSigningAlgs RS256 rs512', 'PlusAuthSigningAlgs'],
    ['PlusAuthUserInfo maybe', 'PlusAuthUserInfo'], ['PlusAuthOrigin www.example.test', 'PlusAuthOrigin'],
    ['PlusAuthOrigin https://www.example.test/path', 'strips a prefix'], ['PlusAuthOrigin https://www.example.test/?x', 'PlusAuthOrigin'], ['PlusAuthPath login login', 'PlusAuthPath'],
    ['PlusAuthPath callback /login', 'PlusAuthPath', 1],
    ['PlusAuthPath nowhere /x', 'PlusAuthPath'], ['PlusAuthPath login //evil.example', 'PlusAuthPath'],
    ['PlusAuthAfterLogout https://evil.example/', 'PlusAuthAfterLogout'], ['PlusAuthAfterLogout //evil.example/', 'PlusAuthAfterLogout'],
    ['PlusAuthSessionLifetime soon', 'PlusAuthSessionLifetime'], ['PlusAuthSessionLifetime 0', 'PlusAuthSessionLifetime'],
    ['PlusAuthConnectionLifetime long', 'PlusAuthConnectionLifetime'], ['PlusAuthConnectionLifetime 0', 'PlusAuthConnectionLifetime'],
    ['PlusAuthSessionIdle -5', 'PlusAuthSessionIdle'], ['PlusAuthSessionStore nosuch', 'PlusAuthSessionStore'],
    ['PlusAuthSessionStore', 'PlusAuthSessionStore'], ['PlusAuthSessionStore shmcbx', 'PlusAuthSessionStore'],
    ['PlusAuthSessionStore shmcb shmcb', 'PlusAuthSessionStore'], ['PlusAuthSessionStore cookie nosuch', 'PlusAuthSessionStore'],
    ['PlusAuthSessionStore cookie cookie', 'PlusAuthSessionStore'], ['PlusAuthSessionStore dbm', 'PlusAuthSessionStore'],
    ['PlusAuthSessionStore dbm:', 'PlusAuthSessionStore'], ['PlusAuthSessionStore redis', 'PlusAuthSessionStore'],
    ['PlusAuthSessionStore redis:', 'PlusAuthSessionStore'], ['PlusAuthSessionStore redis:6379', 'PlusAuthSessionStore'],
    ['PlusAuthSessionStore redis:a:1', 'PlusAuthSessionStore'], ['PlusAuthSessionStore dbm:path', 'PlusAuthSessionStore'],
    ['PlusAuthSessionStore cookie memcache:a:1', 'PlusAuthSessionStore'],
    ['PlusAuthSessionStore memcache:a:1,b:2', 'PlusAuthSessionStore'],
    # Their modules are not loaded here.
    ['PlusAuthSessionStore redis://127.0.0.1:6379', 'mod_plusauth_redis', 1], ['PlusAuthSessionStore mod_session', 'PlusAuthSessionStore', 1],
    ["PlusAuthSessionStore cookie\nLimitRequestFieldSize 2000", 'PlusAuthSessionStore', 1],
    (map { ["PlusAuthKey $_", 'openssl rand -base64 32'] } 'short', 'winter24', 'winter24winter24', 'aaaaaaaaaaaaaaaaaaaaaaaa',
        '1212121212121212121', "$key short" =~ s/PlusAuthKey //r),
    # A file that holds a secret, and that everybody can read or change.
    (map { my $name = $_; map { ["$name file:$_", "chmod o-rwx $_"] } $open_secret, $writable } 'PlusAuthKey', 'PlusAuthClientSecret'),
    (map { my $name = $_; map { ["$name $_", "chmod o-rwx $_"] } $open_secret, $writable } 'PlusAuthEnvFile', 'PlusAuthClientKey', 'PlusAuthClientCert'),
    ["PlusAuthKey file:$directory", "PlusAuthKey: $directory is a directory"], ["PlusAuthEnvFile $directory", 'is a directory'],
    # What leaves the server is sealed with a key that was made for it.
    (map { ["PlusAuthSessionStore $_", 'openssl rand -base64 32', 1] } 'cookie', 'cookie shmcb'), ['PlusAuthCookie "a b"', 'PlusAuthCookie'], ['PlusAuthCookie a Secure', 'PlusAuthCookie'],
    ['PlusAuthCookie a SameSite=Maybe', 'PlusAuthCookie'], ['PlusAuthCookie __Host-a Domain=example.test', 'PlusAuthCookie', 1],
    ['PlusAuthCookie __Host-a', 'PlusAuthCookie', 1], ['PlusAuthHTTPTimeout 3s', 'PlusAuthHTTPTimeout'],
    ['PlusAuthHTTPTimeout 3s never', 'PlusAuthHTTPTimeout'],
    (map { ["PlusAuthClockSkew $_", 'PlusAuthClockSkew'] } '6min', '301', '-1', 'some'),
    (map { ["PlusAuthLogoutURL $_", 'PlusAuthLogoutURL'] } 'http://idp.example.test/bye', '/bye', 'https://idp.example.test/#x', '""'), ['PlusAuthCAFile /nowhere/ca.pem', 'PlusAuthCAFile'],
    ['PlusAuthTemplates /nowhere', 'PlusAuthTemplates'], ['PlusAuthUnauthenticated maybe', 'PlusAuthUnauthenticated'],
    ['PlusAuthExport cookies', 'PlusAuthExport'], ['PlusAuthExport headers X-User', 'PlusAuthExport'],
    ['PlusAuthExport headers "X User=sub"', 'PlusAuthExport'], ['PlusAuthExport env X-User=sub', 'PlusAuthExport'],
    ['PlusAuthPage ../page.html', 'PlusAuthPage'], ["<PlusAuthProvider a>\nPlusAuthClientID x\n</PlusAuthProvider>", 'PlusAuthProvider', 1],
    ["<PlusAuthProvider>\n</PlusAuthProvider>", 'PlusAuthProvider'],
    (map { ["<PlusAuthProvider $_>\n$provider</PlusAuthProvider>", 'PlusAuthProvider'] }
        '.', '..', 'a/b', '"a b"', 'a%2fb', 'a?b', "caf\xc3\xa9", 'x' x 33),
    ["${provider}PlusAuthPath user /login/callback/a\n<PlusAuthProvider a>\n$provider</PlusAuthProvider>", 'PlusAuthPath', 1],
    ['PlusAuthClientAuth private_key_jwt', 'PlusAuthClientKey'], ['PlusAuthClientAuth tls_client_auth', 'PlusAuthClientCert'],
    ['PlusAuthClientAuth private_key_jwt XS256', 'PlusAuthClientAuth'],
    ["PlusAuthClientKey $keys/p256.pem\nPlusAuthClientAuth private_key_jwt ES256 ES256", 'PlusAuthClientAuth'],
    ["PlusAuthClientKey $keys/p256.pem\nPlusAuthClientAuth private_key_jwt aud=elsewhere", 'PlusAuthClientAuth'],
    ['PlusAuthClientAuth client_secret_basic aud=token_endpoint', 'PlusAuthClientAuth'],
    ["PlusAuthClientKey $keys/p256.pem\nPlusAuthProfile fapi2\nPlusAuthClientAuth private_key_jwt aud=token_endpoint", 'PlusAuthClientAuth'],
    ["PlusAuthClientKey $keys/p256.pem\nPlusAuthClientAuth private_key_jwt RS256", 'PlusAuthClientAuth'],
    ["PlusAuthClientKey $keys/p256.pem\nPlusAuthClientAuth private_key_jwt HS256", 'PlusAuthClientAuth'],
    ["PlusAuthClientSecret short\nPlusAuthClientAuth client_secret_jwt", 'PlusAuthClientAuth'],
    ['PlusAuthClientAuth client_secret_jwt RS256', 'PlusAuthClientAuth'],
    ['PlusAuthRequest jar', 'PlusAuthClientKey'], ['PlusAuthRequest par+jar', 'PlusAuthClientKey'],
    ['PlusAuthRequest push', 'PlusAuthRequest'], ['PlusAuthRequest', 'one of query'],
    ['PlusAuthRequest query encrypted', 'write jar encrypted'], ['PlusAuthRequest par encrypted', 'write jar encrypted'],
    ['PlusAuthRequest jar encrypt', 'can only be encrypted'], ['PlusAuthRequest jar encrypted RSA1_5', 'RSA1_5 encrypts no'],
    ['PlusAuthRequest jar encrypted dir', 'dir encrypts no'], ['PlusAuthRequest jar encrypted', 'PlusAuthClientKey'],
    ['PlusAuthResponse fragment', 'PlusAuthResponse'],
    ['PlusAuthSenderConstrain mtls', 'PlusAuthClientCert'], ['PlusAuthSenderConstrain on', 'PlusAuthSenderConstrain'],
    ['PlusAuthProfile financial', 'PlusAuthClientKey'], ['PlusAuthProfile fapi2', 'PlusAuthClientKey'],
    (map { ["PlusAuthClientKey $keys/p256.pem\nPlusAuthProfile financial\n$_", 'PlusAuthProfile'] }
        'PlusAuthClientAuth auto', 'PlusAuthClientAuth none', 'PlusAuthClientAuth client_secret_basic', 'PlusAuthRequest query',
        'PlusAuthRequest par', 'PlusAuthResponse query', 'PlusAuthResponse form_post', 'PlusAuthSigningAlgs PS256 RS256'),
    (map { ["PlusAuthClientKey $keys/p256.pem\nPlusAuthProfile fapi2\n$_", 'PlusAuthProfile'] }
        'PlusAuthClientAuth client_secret_jwt', 'PlusAuthRequest query', 'PlusAuthRequest jar', 'PlusAuthSenderConstrain off',
        'PlusAuthSigningAlgs HS256'),
    ["PlusAuthClientKey $keys/rsa.pem\nPlusAuthProfile fapi2\nPlusAuthClientAuth private_key_jwt RS256", 'PlusAuthClientAuth'],
    ['PlusAuthProfile bank', 'PlusAuthProfile'], ["PlusAuthClientCert $keys/p256.pem", 'PlusAuthClientCert'],
    ["PlusAuthClientCert $keys/server.crt", 'PlusAuthClientCert'], ["PlusAuthClientKey $keys/server.crt", 'PlusAuthClientKey'],
);
for my $case (@bad) {
    my ($line, $name, $whole) = @$case;
    # -t does not open stores: those messages come at start.
    my ($rc, $text) = httpd(($line =~ /^PlusAuth(?:Issuer|Tenant)/ ? '' : $provider) . "$line\n", '-t');
    ($rc, $text) = httpd("$provider$line\n", '-X') if $rc == 0 && $name eq 'PlusAuthSessionStore';
    $text .= slurp("$directory/log");
    my @lines = grep { /\Q$name\E/ } split /\n/, $text;
    ok $rc != 0 && @lines, "refused: $line" =~ s/\n/; /gr or diag "rc $rc: $text";
}

subtest 'what is missing is named' => sub {
    for my $case (["PlusAuthIssuer https://idp.example.test\nPlusAuthClientID id\nPlusAuthSessionStore cookie", qr/PlusAuthKey/],
        ['PlusAuthIssuer https://idp.example.test', qr/PlusAuthClientID/], ['PlusAuthClientID id', qr/PlusAuthIssuer/],
        ["PlusAuthIssuer https://idp.example.test\nPlusAuthClientID id\nPlusAuthClientAuth client_secret_basic", qr/PlusAuthClientSecret/]) {
        my ($rc, $text) = httpd("$case->[0]\n", '-t');
        isnt $rc, 0, 'refused: ' . ($case->[0] =~ s/\n/; /gr);
        like $text . slurp("$directory/log"), $case->[1], 'the log says what to write';
    }
};

subtest 'virtual hosts without a directive of ours have origins of their own' => sub {
    my $host = sub { "<VirtualHost 127.0.0.1:$_[1]>\nServerName http://$_[0].test:$_[1]\n</VirtualHost>\n" };
    my ($rc, $text) = httpd($provider . $host->('two', 82) . $host->('one', 83), '-t');
    is $rc, 0, 'a good configuration' or diag $text;
    for my $origin ('http://localhost', 'http://one.test:83', 'http://two.test:82') {
        my $count = () = $text =~ m{Redirect URI \Q$origin\E\S*/login/callback}g;
        is $count, 1, "$origin is told once" or diag $text;
    }
};

subtest 'none of it is for .htaccess' => sub {
    my ($rc, $list) = httpd($provider, '-L');
    my @ours = $list =~ /^<?(PlusAuth\w+) \(mod_plusauth\.c\)\n(?:\t.*\n)*?\t(Allowed in [^\n]*)/mg;
    ok @ours > 20, @ours / 2 . ' directives';
    while (my ($name, $where) = splice @ours, 0, 2) {
        unlike $where, qr/\.htaccess/, "$name: $where";
    }
};

subtest 'the table of conf/README.md is the command table' => sub {
    my $readme = slurp(vars('top_dir') . '/conf/README.md');
    isnt $readme, '', 'conf/README.md is there' or return;
    my ($rc, $list) = httpd($provider, '-L');
    my %module = map { $_ => 1 } $list =~ /^(<?PlusAuth\w+) \(mod_plusauth\.c\)/mg;
    my %documented = map { $_ => 1 } map { /`(<?PlusAuth\w+)/g } grep { /^\|/ } split /\n/, $readme;
    is_deeply [sort keys %documented], [sort keys %module], 'name by name';
};

sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or return '';
    local $/;
    return <$in> // '';
}

done_testing;
