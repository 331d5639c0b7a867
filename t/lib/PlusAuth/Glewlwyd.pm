# Glewlwyd.pm: an OpenID provider of somebody else, as Debian packages it: in a directory and on a port of its
# own, set up through its API as its administrator would, over TLS with the certificates of the financial-grade
# clients. It ends with the object.
#
#   my $glewlwyd = PlusAuth::Glewlwyd->start('http://localhost:8529') or skip;   # undef where it is not installed
#   $glewlwyd->client('name', token_endpoint_auth_method => ['client_secret_post']);
#   my $page = $glewlwyd->sign_in($browser, $url, 'name');
package PlusAuth::Glewlwyd;
use strict;
use warnings;
use File::Temp ();
use JSON::PP;
use PlusAuth::Site;
use PlusAuth::Test;
use POSIX ();
use URI;

my $SECONDS = 60;
my $PROGRAM = '/usr/bin/glewlwyd';
my $DATABASE = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3';
my $PASSWORD = 'password'; # of its first administrator

our $SECRET = 'a-secret-of-64-characters-so-that-HS512-can-be-used-with-it-too-';
our %USER = (username => 'ada', name => 'Ada Lovelace', email => 'ada@example.test', password => 'difference engine');

# For the site at this origin.
sub start {
    my ($class, $site) = @_;
    return undef if !-x $PROGRAM;
    my $self = bless { site => $site, port => PlusAuth::Site::free_port(), owner => $$,
        directory => File::Temp->newdir('plusauth-glewlwyd-XXXXXX', TMPDIR => 1) }, $class;
    $self->{browser} = $self->new_browser;
    system("sqlite3 '$self->{directory}/database' < $DATABASE") == 0 or die "sqlite3 failed\n";
    $self->_write;
    $self->_run;
    $self->api(POST => 'auth/', { username => 'admin', password => $PASSWORD });
    $self->_set_up;
    return $self;
}

sub new_browser { return browser(ca_file => vars('t_logs') . '/financial.d/ca.pem') }

sub url { return "https://localhost:$_[0]{port}/api/$_[1]" }

sub issuer { return $_[0]->url('oidc') }

# A call of its API with a browser's cookies, or else the administrator's; what it answers.
sub api {
    my ($self, $method, $path, $body, $browser) = @_;
    my $answer = ($browser || $self->{browser})->request($method, $self->url($path),
        ['Content-Type' => 'application/json'], $body && encode_json($body));
    die "glewlwyd: $method $path: @{[$answer->status_line]} @{[$answer->content]}\n" if $answer->code != 200;
    return eval { decode_json($answer->content) };
}

# A client as an administrator enters it.
sub client {
    my ($self, $name, %registered) = @_;
    $self->api(POST => 'client/', {
        client_id => $name,
        name => $name,
        confidential => JSON::PP::true,
        enabled => JSON::PP::true,
        redirect_uri => ["$self->{site}/login/callback"],
        post_logout_redirect_uris => ["$self->{site}/logout"],
        authorization_type => ['code', 'refresh_token'],
        client_secret => $SECRET,
        token_endpoint_auth_method => ['client_secret_basic'],
        %registered,
    });
    return;
}

# What its login page does when somebody types a password and agrees; the page that the browser ends at.
sub sign_in {
    my ($self, $browser, $url, $client) = @_;
    my $page = $browser->visit($url);
    $self->{trail} = [@{ $browser->{trail} }];
    my %asked = URI->new($page->{seen_url})->query_form;
    return $page if $page->{seen_url} !~ /login\.html/ || !$asked{callback_url};
    $self->api(POST => 'auth/', { map { $_ => $USER{$_} } qw(username password) }, $browser);
    $self->api(PUT => "auth/grant/$client", { scope => 'openid profile email' }, $browser);
    return $browser->visit("$asked{callback_url}&g_continue", site => 'cross-site');
}

# What the browser was sent to the authorization endpoint with, in the last sign_in.
sub asked {
    my ($self) = @_;
    my ($url) = grep { m{/api/oidc/auth\?} } map { $_->header('Location') // '' } @{ $self->{trail} };
    return URI->new($url // '')->query_form;
}

# What its page does when somebody agrees to a logout, with its frames in the browser `framed`; where the browser
# ends.
sub sign_out {
    my ($self, $browser, $url, $framed) = @_;
    my %asked = URI->new($browser->visit($url)->{seen_url})->query_form;
    my $session = $self->api(GET => "oidc/session/$asked{sid}/$asked{client_id}", undef, $browser);
    for my $client (@{ $session->{client} }) {
        my $frame = URI->new($client->{frontchannel_logout_uri});
        $frame->query_form(iss => $session->{iss}, sid => $session->{sid});
        ($framed || $browser)->get($frame->as_string, site => 'cross-site', 'Sec-Fetch-Dest' => 'iframe');
    }
    $self->api(DELETE => "oidc/session/$asked{sid}", undef, $browser);
    $self->api(DELETE => 'auth/', undef, $browser);
    return $browser->visit($asked{callback_url}, site => 'cross-site');
}

# A client's, each 1 or 0: whether it can be used.
sub refresh_tokens {
    my ($self, $client) = @_;
    my $query = "SELECT gpor_enabled FROM gpo_refresh_token WHERE gpor_client_id = '$client'";
    return map { /(\d)/ } qx(sqlite3 '$self->{directory}/database' "$query");
}

sub log {
    my ($self) = @_;
    open my $in, '<', "$self->{directory}/log" or return '';
    local $/;
    return <$in> // '';
}

sub _set_up {
    my ($self) = @_;
    my $clients = $self->api(GET => 'mod/client/database');
    for my $name (qw(post_logout_redirect_uris sign_kid authorization_signed_response_alg dpop_bound_access_tokens)) {
        $clients->{parameters}{'data-format'}{$name} = { read => JSON::PP::true, write => JSON::PP::true,
            multiple => $name =~ /uris/ ? JSON::PP::true : JSON::PP::false };
    }
    $self->api(PUT => 'mod/client/database', $clients);
    $self->api(PUT => 'mod/client/database/reset');
    $self->api(POST => 'scope/', { name => $_, display_name => $_, password_required => JSON::PP::true, scheme => {} })
        for qw(profile email);
    $self->api(POST => 'user/', { %USER, enabled => JSON::PP::true, scope => [qw(openid profile email)] });
    $self->api(POST => 'mod/plugin/', { module => 'oidc', name => 'oidc', display_name => 'oidc',
        enabled => JSON::PP::true, parameters => $self->_oidc });
    return;
}

# Everything that it can do and this module asks for.
sub _oidc {
    my ($self) = @_;
    my %on = map { $_ => JSON::PP::true } qw(auth-type-code-enabled auth-type-refresh-enabled jwks-show oauth-as-iss-id
        auth-type-code-revoke-replayed request-parameter-allow request-parameter-ietf-strict pkce-allowed pkce-required
        introspection-revocation-allowed introspection-revocation-allow-target-client session-management-allowed
        front-channel-logout-allowed back-channel-logout-allowed encrypt-out-token-allow oauth-dpop-allowed
        oauth-par-allowed oauth-fapi-allow-jarm client-cert-self-signed-allowed refresh-token-rolling);
    return {
        %on,
        iss => $self->issuer,
        'jwks-private' => _keys(),
        'jwt-type' => 'rsa',
        'jwt-key-size' => '256',
        'access-token-duration' => 600, # and the answer of JARM's
        'refresh-token-duration' => 86400,
        'code-duration' => 60,
        'allowed-scope' => [qw(openid profile email)],
        'name-claim' => 'mandatory',
        'email-claim' => 'mandatory',
        'subject-type' => 'public',
        'session-cookie-name' => 'GLEWLWYD2_OIDC_SID',
        'session-cookie-expiration' => 86400,
        'client-jwks-parameter' => 'jwks',
        'client-pubkey-parameter' => '',
        'client-jwks_uri-parameter' => 'jwks_uri',
        'request-maximum-exp' => 3600,
        'client-enc-parameter' => 'enc',
        'client-alg-parameter' => 'alg',
        'client-alg_kid-parameter' => 'alg_kid',
        'client-encrypt_id_token-parameter' => 'encrypt_id_token',
        'client-encrypt_userinfo-parameter' => 'encrypt_userinfo',
        'client-sign_kid-parameter' => 'sign_kid',
        'client-cert-source' => 'TLS',
        'oauth-dpop-iat-duration' => 60,
        'oauth-dpop-dpop_bound_access_tokens-property' => 'dpop_bound_access_tokens',
        'oauth-par-duration' => 90,
        'oauth-par-request_uri-prefix' => 'urn:ietf:params:oauth:request_uri:',
    };
}

# Its own signing keys, one of each kind.
sub _keys {
    my $script = <<'SCRIPT';
import { keyPair } from './t/provider/key-pair.js';
const jwk = (kid, alg, type, options) => ({ ...keyPair(type, options).privateKey.export({ format: 'jwk' }), kid, alg });
console.log(JSON.stringify({ keys: [
    jwk('ps', 'PS256', 'rsa', { modulusLength: 2048 }), // the default
    jwk('rs', 'RS256', 'rsa', { modulusLength: 2048 }),
    jwk('es', 'ES256', 'ec', { namedCurve: 'P-256' }),
    jwk('ed', 'EdDSA', 'ed25519', {}),
] }));
SCRIPT
    open my $out, '-|', 'node', '--input-type=module', '-e', $script or die "node: $!\n";
    local $/;
    return <$out>;
}

sub _run {
    my ($self) = @_;
    defined(my $pid = fork) or die "fork: $!\n";
    if (!$pid) {
        POSIX::setsid();
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$self->{directory}/log";
        open STDERR, '>&', \*STDOUT;
        exec $PROGRAM, '-c', "$self->{directory}/conf" or POSIX::_exit(127);
    }
    $self->{pid} = $pid;
    my $config = "https://localhost:$self->{port}/config";
    poll($SECONDS, sub { $self->{browser}->request('GET', $config)->code == 200 || waitpid($pid, POSIX::WNOHANG()) })
        && kill 0 => $pid or die "glewlwyd did not start: " . $self->log;
    return;
}

sub _write {
    my ($self) = @_;
    my $files = vars('t_logs') . '/financial.d';
    open my $out, '>', "$self->{directory}/conf" or die "conf: $!\n";
    print {$out} <<"CONFIG";
port = $self->{port}
bind_address = "127.0.0.1"
external_url = "https://localhost:$self->{port}"
login_url = "login.html"
api_prefix = "api"
static_files_path = "/usr/share/glewlwyd/webapp/"
static_files_mime_types = ( { extension = ".html", mime_type = "text/html", compress = 0 } )
log_mode = "console"
log_level = "DEBUG"
cookie_secure = 1
session_expiration = 86400
session_key = "GLEWLWYD2_SESSION_ID"
admin_scope = "g_admin"
profile_scope = "g_profile"
user_module_path = "/usr/lib/glewlwyd/user"
client_module_path = "/usr/lib/glewlwyd/client"
user_auth_scheme_module_path = "/usr/lib/glewlwyd/scheme"
plugin_module_path = "/usr/lib/glewlwyd/plugin"
use_secure_connection = true
secure_connection_key_file = "$files/server.key"
secure_connection_pem_file = "$files/server.crt"
secure_connection_ca_file = "$files/ca.pem"
hash_algorithm = "SHA512"
database = { type = "sqlite3"; path = "$self->{directory}/database" };
CONFIG
    close $out or die "conf: $!\n";
    return;
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $@);
    return if $self->{owner} != $$ || !$self->{pid};
    kill TERM => $self->{pid};
    waitpid $self->{pid}, 0;
    return;
}

1;
