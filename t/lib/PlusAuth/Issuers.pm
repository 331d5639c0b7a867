# Issuers.pm: the further providers of the attack server, each under /p/NAME. Discovery documents and
# key sets are cached, so that every fault of them has an issuer of its own.
package PlusAuth::Issuers;
use strict;
use warnings;
use PlusAuth::Providers;

my @FAPI2 = ('PlusAuthProfile fapi2', 'PlusAuthClientID assertion',
    'PlusAuthClientKey logs/financial.d/p256.pem');

# name => [issuer's name, listener, further directives]; of a directive said twice the last counts.
my %SPECIAL = (
    pinned => ['pinned', 'main', 'PlusAuthSigningAlgs RS256'],
    hs256 => ['hs256', 'main', 'PlusAuthSigningAlgs HS256'],
    basic => ['basic', 'main', 'PlusAuthClientID basic', 'PlusAuthClientAuth client_secret_basic'],
    post => ['post', 'main', 'PlusAuthClientID post', 'PlusAuthClientAuth client_secret_post'],
    public => ['public', 'main', 'PlusAuthClientID public', 'PlusAuthClientAuth none'],
    odd => ['odd', 'main', 'PlusAuthClientID odd:client+id',
        'PlusAuthClientSecret "a:b%c+d e/é&=?"', 'PlusAuthClientAuth client_secret_basic'],
    audience => ['audience', 'main', 'PlusAuthAudience https://api.example.test/',
        'PlusAuthScope "openid email orders:read"'],
    par => ['par', 'main', 'PlusAuthRequest par', 'PlusAuthClientAuth client_secret_post'],
    dpop => ['dpop', 'main', 'PlusAuthSenderConstrain dpop'],
    dpop_par => ['dpop_par', 'main', 'PlusAuthSenderConstrain dpop', 'PlusAuthRequest par'],
    dpop_assertion => ['dpop_assertion', 'main', 'PlusAuthSenderConstrain dpop', 'PlusAuthClientID assertion',
        'PlusAuthClientAuth client_secret_jwt'],
    mtls => ['mtls', 'main', 'PlusAuthSenderConstrain mtls', 'PlusAuthClientCert logs/financial.d/known.pem'],
    aliases => ['discovery.aliases', 'main', 'PlusAuthRequest par', 'PlusAuthClientCert logs/financial.d/known.pem'],
    fapi2 => ['fapi2', 'main', @FAPI2],
    fapi2_plain => ['discovery.pkce_plain', 'main', @FAPI2],
    fapi2_no_iss => ['discovery.iss_unadvertised', 'main', @FAPI2],
    max_age => ['max_age', 'main', 'PlusAuthAuthParam max_age 300'],
    encrypted => ['encrypted', 'main', 'PlusAuthClientKey logs/encrypted-rsa.pem',
        'PlusAuthClientKey logs/encrypted-ec.pem', 'PlusAuthSigningAlgs RS256'],
    no_userinfo => ['no_userinfo', 'main', 'PlusAuthUserInfo off'],
    rollover => ['rollover', 'main'],
    gone => ['gone', 'main'],
    flood => ['flood', 'main'],
    renewal => ['renewal', 'main'],
    tls_good => ['tls', 'good'],
    tls_self_signed => ['tls', 'self_signed'],
    tls_expired => ['tls', 'expired'],
    tls_wrong_host => ['tls', 'wrong_host'],
    tls_tls10 => ['tls', 'tls10'],
    tls_http_authorization => ['discovery.http_authorization', 'good'],
    tls_http_token => ['discovery.http_token', 'good'],
    tls_http_jwks => ['discovery.http_jwks', 'good'],
    tls_http_userinfo => ['discovery.http_userinfo', 'good'],
);

sub write {
    my ($file, $vars) = @_;
    my %providers = %SPECIAL;
    for my $fault (PlusAuth::Providers::faults($vars->{faulty_port})) {
        $providers{$fault} = [$fault, 'main', $fault =~ /_pushed$/ ? 'PlusAuthRequest par' : ()]
            if $fault =~ /^(?:discovery|jwks)\./;
        $providers{$fault} = [$fault, 'main', 'PlusAuthClientKey logs/financial.d/p256.pem',
            'PlusAuthClientAuth client_secret_basic', 'PlusAuthRequest jar encrypted'] if $fault =~ /^jar\./;
    }
    open my $out, '>', $file or die "$file: $!\n";
    for my $name (sort keys %providers) {
        my ($issuer, $listener, @directives) = @{ $providers{$name} };
        print {$out} section($name, qq($vars->{"faulty_$listener"}/i/$issuer),
            $vars->{documents}, @directives);
    }
    close $out or die "$file: $!\n";
    return;
}

sub section {
    my ($name, $issuer, $documents, @directives) = @_;
    my $secret = $name eq 'public' ? undef : 'PlusAuthClientSecret s3cret-that-HS512-can-use-because-it-is-longer-than-64-bytes-as-one-sees';
    my $lines = join "\n    ", 'PlusAuthClientID client', $secret // (), @directives;
    return <<"SECTION";
<PlusAuthProvider $name>
    PlusAuthIssuer $issuer
    $lines
</PlusAuthProvider>
Alias "/p/$name" "$documents"
<Location "/p/$name">
    AuthType PlusAuth
    Require valid-user
    PlusAuthProvider $name
</Location>
SECTION
}

1;
