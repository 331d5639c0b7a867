# mistakes.t: what a site's owner gets wrong. configtest refuses each, by a line that names the directive and the
# cure; a start refuses it; and a graceful reload leaves the server running that somebody is signed in to.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

my $site = PlusAuth::Site->new('mistakes')->start;
my $other = PlusAuth::Site->new('mistaken');
my $directory = $site->directory;
my $keys = vars('t_logs') . '/financial.d';

sub file {
    my ($name, $text, $mode) = @_;
    open my $out, '>', "$directory/$name" or die "$name: $!\n";
    print {$out} $text;
    close $out or die "$name: $!\n";
    chmod $mode // 0600, "$directory/$name";
    return "$directory/$name";
}

my $empty = file('empty', '');
my $garbage = file('garbage', "these are no keys\n");
my $secret = 'CLIENT_SECRET=s3cret-that-HS512-can-use-because-it-is-longer-than-64-bytes-as-one-sees';
my $example = do { local (@ARGV, $/) = (vars('top_dir') . '/.env.example'); <> };
my $tls = "SSLEngine on\nSSLCertificateFile $keys/server.crt\nSSLCertificateKeyFile $keys/server.key\n";
mkdir "$directory/pages";
mkdir "$directory/locked";

sub place { return "<Location \"/other\">\nAuthType PlusAuth\nRequire valid-user\n$_[0]\n</Location>\n" }
sub host { return "<VirtualHost 127.0.0.1:$site->{port}>\nServerName other.test\n$_[0]\n</VirtualHost>\n" }

# The mistake, what the line names beside, and a word of the cure.
my @mistakes = (
    # Stores
    ['PlusAuthSessionStore shmcb:x(64MB)', qr/PlusAuthSessionStore/, qr/64M/],
    ['PlusAuthSessionStore shmcb:x(1)', qr/PlusAuthSessionStore/, qr/from 8K/],
    ['PlusAuthSessionStore shmcb:x(900G)', qr/PlusAuthSessionStore/, qr/to 64G/],
    ['PlusAuthSessionStore shmcb:x(-5M)', qr/PlusAuthSessionStore/, qr/64M/],
    ['PlusAuthSessionStore shmcb:x(64M', qr/PlusAuthSessionStore/, qr/brackets/],
    ['PlusAuthSessionStore dbm:/nowhere/at/all', qr/PlusAuthSessionStore/, qr/redis/],
    ['PlusAuthSessionStore redis:127.0.0.1:6379', qr/PlusAuthSessionStore/, qr{redis://}],
    ["LimitRequestFieldSize 2500\nPlusAuthSessionStore cookie\nPlusAuthKey 7VbJt0Zr2Xw9QmLk4NcPs8HdGfYaUeTi", qr/PlusAuthSessionStore/,
        qr/LimitRequestFieldSize .*write 3072/],
    ["Mutex file:$directory/locked plusauth", qr/PlusAuthSessionStore/, qr{Mutex file:/}],
    # Files
    ['PlusAuthEnvFile /nowhere/plusauth.env', qr/PlusAuthEnvFile/, qr{/nowhere/plusauth.env}],
    ["PlusAuthEnvFile $directory", qr/PlusAuthEnvFile/, qr/directory/],
    ["PlusAuthEnvFile $empty", qr/PlusAuthEnvFile/, qr/empty/],
    ["PlusAuthEnvFile $garbage", qr/PlusAuthEnvFile/, qr/NAME=value/],
    ['PlusAuthEnvFile ' . file('open.env', "$secret\n", 0644), qr/PlusAuthEnvFile/, qr/chmod o-r/],
    ["<PlusAuthProvider new>\nPlusAuthEnvFile " . file('example.env', $example) . "\n</PlusAuthProvider>", qr/PlusAuthEnvFile.*AUTH_URL/, qr/tenant/],
    ['PlusAuthEnvFile ' . file('typo.env', "CLIENTID=client\n"), qr/PlusAuthEnvFile/, qr/CLIENT_ID/],
    ['PlusAuthClientSecret file:/nowhere/secret', qr/PlusAuthClientSecret/, qr{/nowhere/secret}],
    ["PlusAuthClientSecret file:$directory", qr/PlusAuthClientSecret/, qr/directory/],
    ["PlusAuthClientSecret file:$empty", qr/PlusAuthClientSecret/, qr/empty/],
    ['PlusAuthClientSecret exec:/nowhere/command', qr/PlusAuthClientSecret/, qr{/nowhere/command}],
    ['PlusAuthClientSecret exec:/bin/true', qr/PlusAuthClientSecret/, qr{/bin/true}],
    ['PlusAuthClientKey /nowhere/key.pem', qr/PlusAuthClientKey/, qr{/nowhere/key.pem}],
    ["PlusAuthClientKey $directory", qr/PlusAuthClientKey/, qr/directory/],
    ["PlusAuthClientKey $garbage", qr/PlusAuthClientKey/, qr/PEM|JWK/],
    ["PlusAuthClientCert $garbage", qr/PlusAuthClientCert/, qr/PEM|certificate/],
    ['PlusAuthCAFile /nowhere/ca.pem', qr/PlusAuthCAFile/, qr{/nowhere/ca.pem}],
    ["PlusAuthCAFile $directory", qr/PlusAuthCAFile/, qr/directory/],
    ["PlusAuthCAFile $empty", qr/PlusAuthCAFile/, qr/empty/],
    ["PlusAuthCAFile $garbage", qr/PlusAuthCAFile/, qr/BEGIN CERTIFICATE/],
    ["PlusAuthTemplates /nowhere", qr/PlusAuthTemplates/, qr/directory/],
    # Places
    [place('PlusAuthProvider nobody'), qr/PlusAuthProvider nobody \(line \d+ of /, qr/<PlusAuthProvider nobody>/],
    [host("<PlusAuthProvider here>\nPlusAuthClientID client\n</PlusAuthProvider>"), qr/<PlusAuthProvider here>/, qr/PlusAuthTenant/],
    [host("<If \"true\">\nPlusAuthProvider nobody\n</If>"), qr/PlusAuthProvider nobody/, qr/other\.test/],
    [host("<Directory \"$directory\">\n<Files x>\nPlusAuthProvider nobody\n</Files>\n</Directory>"), qr/PlusAuthProvider nobody/, qr/other\.test/],
    [place('Session Off'), qr/AuthType PlusAuth/, qr/Session On/],
    [host("Session Off\n" . place('Session On')), qr/AuthType PlusAuth/, qr/whole host/],
    ["<Location \"/login\">\nSession Off\n</Location>", qr/AuthType PlusAuth/, qr/whole host/],
    ["<LocationMatch \"^/x\">\nSetHandler plusauth-page\nPlusAuthPage nosuch.html\n</LocationMatch>", qr/PlusAuthPage nosuch\.html/, qr/PlusAuthTemplates/],
    ['PlusAuthExport headers', qr/PlusAuthExport/, qr/X-User-Email=email/],
    # Origins and cookies
    ['PlusAuthCookie session Domain=elsewhere.test', qr/PlusAuthCookie/, qr/name that host/],
    ['PlusAuthCookie session Domain=host', qr/PlusAuthCookie/, qr/name that host/],
    ['PlusAuthCookie __Host-session', qr/PlusAuthCookie/, qr{PlusAuthOrigin https://}],
    [host("${tls}PlusAuthOrigin http://other.test"), qr/PlusAuthOrigin/, qr{write https://}],
    ['PlusAuthPath callback /login', qr/PlusAuthPath/, qr{/login}],
    # Words
    ['PlusAuthSessionLifetime forever', qr/PlusAuthSessionLifetime/, qr/8h/],
    ['PlusAuthTenant My_Tenant', qr/PlusAuthTenant/, qr/PlusAuthIssuer/],
    ['PlusAuthIssuer http://idp.example.test', qr/PlusAuthIssuer/, qr/loopback/],
    ['PlusAuthScope "profile email"', qr/PlusAuthScope/, qr/openid/],
    ['PlusAuthClientAuth private_key_jwt', qr/PlusAuthClientAuth/, qr/PlusAuthClientKey/],
    ['PlusAuthKey short', qr/PlusAuthKey/, qr/openssl rand/],
    ['PlusAuthSigningAlgs none', qr/PlusAuthSigningAlgs/, qr/RS256/],
);

faults();
my $browser = browser();
is $browser->visit($site->page)->code, 200, 'signed in';
my $pid = $site->pid;
chmod 0, "$directory/locked";

# As `apachectl graceful` does it: what it finds in the configuration never reaches the server.
for my $mistake (@mistakes) {
    my ($lines, $directive, $cure) = @$mistake;
    (my $name = $lines) =~ s/\Q$directory\E\/?//g;
    $name =~ s/\s*\n\s*/, /g;
    subtest $name => sub {
        plan skip_all => 'no directory is locked for root' if $lines =~ /locked/ && $> == 0;
        $_->configure("$lines\n") for $site, $other;
        my ($status, $said) = $site->configtest;
        isnt $status, 0, 'configtest refuses it';
        like $said, $directive, 'and names the directive' or diag $said;
        like $said, $cure, 'and the cure' or diag $said;
        unlike $said, qr/s3cret-that/, 'and no secret';
        ($status, $said) = $other->httpd('-k start');
        isnt $status, 0, 'a start refuses it';
        ok !defined $other->pid, 'and there is no server';
        $other->stop;
        ($status, $said) = $site->httpd('-k graceful');
        isnt $status, 0, 'a graceful reload refuses it';
        is $site->pid, $pid, 'the same server runs';
        ok signed_in($browser, $site->page), 'and the session lives';
    };
}
chmod 0700, "$directory/locked";

cmp_ok scalar(@mistakes), '>=', 40, 'that were many';
ok eval { $site->configure('')->reload; 1 }, 'without a mistake it reloads' or diag $@;
ok signed_in($browser, $site->page), 'and the session still lives';

subtest 'what is good goes on' => sub {
    for my $good ("PlusAuthSessionStore shmcb:x(1M)", 'PlusAuthSessionStore shmcb:x(64K)', "PlusAuthCAFile $keys/ca.pem",
        place('') . "<Location \"/other/open\">\nPlusAuthEngine off\nSession Off\n</Location>",
        "Session Off\n<Location \"/\">\nSession On\n</Location>",
        "<PlusAuthProvider a>\nPlusAuthIssuer https://a.example.test\nPlusAuthClientID id\nPlusAuthClientAuth none\n</PlusAuthProvider>\n"
            . place('PlusAuthProvider a'),
        host("PlusAuthEngine off\n" . place('')),
        host("Session Off\nRedirect permanent / https://localhost/"),
        "Mutex file:$directory plusauth", 'PlusAuthCookie session Domain=localhost') {
        my ($status, $said) = $site->configure("$good\n")->configtest;
        is $status, 0, $good =~ s/\n/, /gr or diag $said;
    }
};
like +($site->configure("<VirtualHost 127.0.0.1:$site->{port}>\nServerName public.test\n<PlusAuthProvider public>\n"
    . "PlusAuthIssuer https://a.example.test\nPlusAuthClientID id\n</PlusAuthProvider>\n</VirtualHost>\n")->configtest)[1],
    qr/public client.*PlusAuthClientSecret/, 'a client without a secret is a public one, which is said';
$site->configure('');

done_testing;
