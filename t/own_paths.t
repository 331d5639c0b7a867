# own_paths.t: a request that was let in because it is for one of our own paths is answered by that, whatever
# else is set up around it; and signing in works there.
use strict;
use warnings;
use lib 't/lib';
use File::Temp;
use PlusAuth::Attack;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

faults();
my $cgi = vars('serverroot') . '/cgi-bin/env.pl';
my @PATHS = qw(/login /login/callback /logout /logout/backchannel /logout/frontchannel /login/user /register /login/jwks);
# What the application behind says whenever it is reached.
my $REACHED = qr/GATEWAY_INTERFACE/;

my $behind = site('backend') . '/echo';
my $scratch = File::Temp->newdir(TMPDIR => 1);
my $cgi_handler = "Alias /fallback $cgi\n<Location \"/fallback\">\n    SetHandler cgi-script\n    Options +ExecCGI\n"
    . "    Require all granted\n</Location>\n";

my %around = (
    'FallbackResource in <Location>' => "$cgi_handler<Location \"/\">\n    FallbackResource /fallback\n</Location>\n",
    'FallbackResource for the server' => "${cgi_handler}FallbackResource /fallback\n",
    'RewriteRule [P] in <Location>' => "<Location \"/\">\n    RewriteEngine On\n    RewriteRule ^ $behind%{REQUEST_URI} [P]\n</Location>\n",
    'RewriteRule [PT] in <Location>' => "$cgi_handler<Location \"/\">\n    RewriteEngine On\n    RewriteCond %{REQUEST_URI} !^/fallback\n"
        . "    RewriteRule ^ /fallback [PT]\n</Location>\n",
    'RewriteRule [L,QSA] in <Location>' => "$cgi_handler<Location \"/\">\n    RewriteEngine On\n    RewriteCond %{REQUEST_URI} !^/fallback\n"
        . "    RewriteRule ^ /fallback?route=%{REQUEST_URI} [L,QSA]\n</Location>\n",
    'RewriteRule [H] in <Location>' => "<Location \"/\">\n    RewriteEngine On\n    RewriteRule ^ - [H=cgi-script]\n</Location>\n",
    'RewriteRule [P] for the server' => "RewriteEngine On\nRewriteRule ^ $behind%{REQUEST_URI} [P]\n",
    'ProxyPass' => "ProxyPass / $behind/\n",
    'ProxyPass mapping=servlet' => "ProxyPass / $behind/ mapping=servlet\n",
    'SetHandler proxy:' => "<Location \"/\">\n    SetHandler \"proxy:$behind/\"\n</Location>\n",
    'Action' => "$cgi_handler<Location \"/\">\n    SetHandler ours\n    Action ours /fallback virtual\n</Location>\n",
    'Script' => "${cgi_handler}Script POST /fallback\nScript PUT /fallback\n",
    'Dav' => "<Location \"/\">\n    Dav On\n</Location>\nDavLockDB $scratch/lock\n",
    'CheckSpelling' => "<Location \"/\">\n    CheckSpelling On\n</Location>\n",
    'a cache' => "CacheQuickHandler Off\nCacheEnable disk /\nCacheRoot $scratch\n",
);

for my $name (sort keys %around) {
    my $site = PlusAuth::Site->new('paths', modules => [qw(alias env dir rewrite proxy proxy_http actions cgid dav dav_fs speling cache cache_disk)],
        config => $around{$name} . "<Location \"/\">\n    AuthType PlusAuth\n    Require valid-user\n</Location>\n")->start;
    subtest "$name: our paths are answered by us alone" => sub {
        for my $path (@PATHS) {
            for my $method (qw(GET POST OPTIONS TRACE PROPFIND)) {
                my $answer = browser()->get($site->url("$path?code=x&state=y"), method => $method);
                unlike $answer->content, $REACHED, "$method $path";
                ok $answer->code != 404, "is there: " . $answer->code;
            }
        }
    };
    subtest "$name: signing in works" => sub {
        my $browser = browser();
        $browser->visit($site->page);
        is json($browser->get($site->url('/login/user')))->{sub}, 'user-1', 'signed in';
        is $browser->get($site->url('/logout'))->code, 302, 'signs out';
        is $browser->get($site->url('/login/user'))->code, 401, 'signed out';
    };
    $site->stop;
}

# Whoever demands what around them: nobody has a user before signing in, and a provider has no password.
my %demands = (
    'Require all denied' => 'Require all denied',
    'Require ip' => 'Require ip 192.0.2.1',
    'AuthType Basic' => "AuthType Basic\n    AuthName x\n    AuthBasicProvider file\n    AuthUserFile /dev/null\n    Require valid-user",
    'a rule for users in a place of ours' => "AuthType PlusAuth\n    Require user nobody",
    'a rule for addresses in a place of ours' => "AuthType PlusAuth\n    <RequireAll>\n    Require ip 192.0.2.1\n    Require valid-user\n    </RequireAll>",
    'a claim for users that nobody has' => "AuthType PlusAuth\n    PlusAuthUnauthenticated pass\n    PlusAuthUser phone_number\n    Require all granted",
);
for my $name (sort keys %demands) {
    my $site = PlusAuth::Site->new('demands', modules => [qw(auth_basic authn_file authz_host)],
        config => "<Location \"/\">\n    $demands{$name}\n</Location>\n"
            . "<Location \"/app\">\n    AuthType PlusAuth\n    PlusAuthUnauthenticated auto\n    PlusAuthUser sub\n    Require valid-user\n</Location>\n")->start;
    subtest "$name around our paths does not apply to them" => sub {
        my $browser = browser();
        is $browser->visit($site->page)->code, 200, 'signs in';
        is json($browser->get($site->url('/login/user')))->{sub}, 'user-1', '/login/user';
        is $browser->get($site->url('/login'))->code, 302, '/login';
        is browser()->fetch($site->url('/login/jwks'))->code, 200, '/login/jwks';
        is browser()->post($site->url('/logout/backchannel'), {})->code, 400, '/logout/backchannel looks at the token';
        is $browser->get($site->url('/logout/frontchannel'))->code, 200, '/logout/frontchannel';
        is $browser->get($site->url('/logout'))->code, 302, '/logout';
        isnt browser()->get($site->url('/elsewhere'))->code, 404, 'to everything else it does' if $name !~ /claim/;
    };
    $site->stop;
}

subtest 'attack 66: no answer of ours is parsed by what parses pages' => sub {
    my $told = "<!--#echo var='DB_PASSWORD'-->";
    for my $filter ("<Location \"/\">\n    Options +Includes\n    SetOutputFilter INCLUDES\n</Location>\n",
        "<Location \"/\">\n    Options +Includes\n    AddOutputFilterByType INCLUDES application/json text/html\n</Location>\n",
        "FilterDeclare own CONTENT_SET\nFilterProvider own INCLUDES \"true\"\n<Location \"/\">\n    Options +Includes\n    FilterChain own\n</Location>\n") {
        my $site = PlusAuth::Site->new('parsed', modules => [qw(include filter env)], config => <<"CONFIG" . $filter)->start;
SetEnv DB_PASSWORD swordfish
PlusAuthUser name
<Location "/me">
    SetHandler plusauth-user
</Location>
<Location "/page">
    AuthType PlusAuth
    Require valid-user
    SetHandler plusauth-page
    PlusAuthPage profile.html
</Location>
<Location "/not">
    AuthType PlusAuth
    Require user nobody
</Location>
CONFIG
        browser()->visit($site->page);
        user(name => $told, username => $told);
        my $browser = browser();
        is $browser->visit($site->page)->code, 200, 'signed in';
        user();
        for my $path ('/login/user', '/me', '/page', '/not', '/logout?x=' . $told, '/login/callback?error=' . $told, '/login?prompt=' . $told) {
            my $answer = $browser->get($site->url($path), site => 'cross-site');
            ok length $answer->content, $path;
            unlike $answer->content, qr/swordfish/, 'tells nothing of the server';
        }
        like $browser->get($site->url('/login/user'))->content, qr/#echo/, 'the name is as it is';
        $site->stop;
    }
};

subtest 'attack 66: an ErrorDocument of ours signs nobody in or out' => sub {
    my $site = PlusAuth::Site->new('errors', modules => ['alias'], config => <<'CONFIG')->start;
<Location "/app">
    ErrorDocument 401 /login
</Location>
<Location "/closed">
    Require all denied
    ErrorDocument 403 /logout
</Location>
<Location "/nowhere">
    ErrorDocument 404 /login/callback
</Location>
CONFIG
    my $browser = browser();
    is $browser->visit($site->page)->code, 200, 'signed in';
    my $mark = $site->log_mark;
    is $browser->get($site->url('/closed/x'))->code, 403, 'a forbidden page stays one';
    like $site->log_since($mark), qr{ErrorDocument 403 /logout: .*}, 'the log says what to change';
    is $browser->get($site->page)->code, 200, 'and signs nobody out';
    my $answer = browser()->fetch($site->page);
    is $answer->code, 401, 'a script is told';
    is $answer->header('Set-Cookie'), undef, 'and no login begins';
    is browser()->get($site->url('/nowhere'))->code, 404, 'what is not there stays so';
};

subtest 'what a browser only prefetches has no effect' => sub {
    my $app = site('app');
    for my $guess (['Sec-Purpose' => 'prefetch'], ['Sec-Purpose' => 'prefetch;prerender'], [Purpose => 'prefetch'], ['X-Moz' => 'prefetch']) {
        my $browser = browser();
        my $callback = $browser->until("$app/app/page.html", qr{/login/callback});
        for my $url ($callback, "$app/login", "$app/register", "$app/app/page.html", "$app/u/login/page.html") {
            my $answer = $browser->get($url, @$guess);
            ok $answer->code >= 400, "@$guess: " . ($url =~ /login|register|page/ ? $& : '') . ' is not answered';
            is $answer->header('Set-Cookie'), undef, 'no cookie is set or taken';
            like $answer->header('Cache-Control') // '', qr/no-store/, 'and nothing kept';
        }
        is $browser->visit($callback)->code, 200, 'the person then signs in';
    }
};

done_testing;
