# vhosts.t: what the main server says of sign-in and what that means in its virtual hosts: directives that hold there,
# hosts that only redirect, hosts and places that are kept out.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;
use URI;

my $documents = vars('documentroot');
my $cgi = vars('serverroot') . '/cgi-bin/env.pl';

# The hosts of one server on one port, told apart by name.
my $port = PlusAuth::Site->free_port;

sub host {
    my ($name, $config) = @_;
    return "<VirtualHost 127.0.0.1:$port>\nServerName $name:80\n$config</VirtualHost>\n";
}

sub server {
    my ($name, $config, @hosts) = @_;
    my $modules = 'ScriptAlias /cgi ' . "$cgi\n" . "<Location /cgi>\nAuthType PlusAuth\nRequire valid-user\n</Location>\n";
    return PlusAuth::Site->new($name, port => $port, issuer => 'site-vhosts', config => $modules . $config . join '', @hosts);
}

# A browser that finds every host at this one server.
sub visitor {
    my (@origins) = @_;
    return browser(at => { map { $_ => "http://localhost:$port" } @origins });
}

# What the authorization request of an answer asks for.
sub asked {
    my ($answer) = @_;
    my $location = $answer->header('Location') // '';
    return { $location =~ m{/i/site-vhosts/\S*\?} ? URI->new($location)->query_form : (), location => $location };
}

subtest 'what the main server says holds in a virtual host that says nothing' => sub {
    my $site = server('inherit', <<'CONFIG', host('www.shop.test', ''))->start;
PlusAuthOrigin https://www.shop.test
PlusAuthPath login /account/in
PlusAuthPath callback /account/back
PlusAuthPath logout /account/out
PlusAuthAfterLogout /open/sorry.html
PlusAuthCookie __Host-shop SameSite=Strict
PlusAuthScope "openid email"
PlusAuthAudience https://api.shop.test
PlusAuthAuthParam ui_locales tr
PlusAuthSessionStore cookie
PlusAuthKey 8Fq2mVwZ1nT7cXbR5sKdLhJpYgUaEo3i
PlusAuthSessionLifetime 7h
PlusAuthUnauthenticated 403
PlusAuthUser email
PlusAuthExport headers X-Shop-User=username
CONFIG
    my $browser = visitor('https://www.shop.test');
    my $answer = $browser->get('https://www.shop.test/account/in');
    my $asked = asked($answer);
    is $asked->{redirect_uri}, 'https://www.shop.test/account/back', 'PlusAuthOrigin, and PlusAuthPath callback and login';
    is $asked->{scope}, 'openid email', 'PlusAuthScope';
    is $asked->{audience} // $asked->{resource}, 'https://api.shop.test', 'PlusAuthAudience';
    is $asked->{ui_locales}, 'tr', 'PlusAuthAuthParam';
    is $asked->{client_id}, 'client', 'PlusAuthClientID';
    like $answer->header('Set-Cookie'), qr/^__Host-shop-login-/, 'PlusAuthCookie';
    is $browser->get('https://www.shop.test/app/page.html')->code, 403, 'PlusAuthUnauthenticated';
    is $browser->get('https://www.shop.test/account/out')->header('Location'), 'https://www.shop.test/open/sorry.html',
        'PlusAuthPath logout and PlusAuthAfterLogout';
    $browser->visit('https://www.shop.test/account/in?return_to=/cgi');
    $answer = $browser->get('https://www.shop.test/cgi', 'X-Shop-User' => 'forged');
    my $seen = environment($answer);
    is $seen->{REMOTE_USER}, 'ada@example.test', 'signed in, with PlusAuthUser' or diag $answer->code;
    is $seen->{HTTP_X_SHOP_USER}, 'ada', 'PlusAuthExport';
    my %cookies = $browser->cookies('www.shop.test');
    cmp_ok length($cookies{'__Host-shop'} // ''), '>', 200, 'PlusAuthSessionStore: the session is in the cookie';
    unlike $site->log_since(0), qr/PlusAuthOrigin/, 'nothing is wrong with this';
    $site->stop;
};

subtest "a virtual host's own words come before those of the main server" => sub {
    my $site = server('own', <<'CONFIG', host('www.shop.test', <<'HOST'), host('other.test', ''))->start;
PlusAuthOrigin https://www.shop.test
PlusAuthPath login /account/in
PlusAuthScope "openid email"
PlusAuthResponse form_post
<PlusAuthProvider a>
    PlusAuthIssuer https://a.example.test
    PlusAuthClientID main
    PlusAuthAuthParam ui_locales tr
</PlusAuthProvider>
CONFIG
PlusAuthOrigin http://www.shop.test
PlusAuthPath login /in
PlusAuthScope "openid profile"
HOST
    my $asked = asked(visitor('http://www.shop.test')->get('http://www.shop.test/in'));
    is $asked->{redirect_uri}, 'http://www.shop.test/login/callback', 'PlusAuthOrigin and PlusAuthPath';
    is $asked->{scope}, 'openid profile', 'PlusAuthScope';
    is $asked->{response_mode}, 'form_post', 'PlusAuthResponse of the main server';
    my @warned = $site->log_since(0) =~ /^.*PlusAuthOrigin.*$/mg;
    is scalar @warned, 1, 'a host that the inherited origin does not name is told of once' or diag "@warned";
    like $warned[0] // '', qr/warn.*https:\/\/www\.shop\.test.*other\.test/, 'with both names';
    is visitor('http://other.test')->get('http://other.test/app/page.html')->header('Location'),
        'https://www.shop.test/app/page.html', 'and a login begun there goes to the origin first';
    $site->stop;
};

subtest "a virtual host's PlusAuthEnvFile is not hidden by the main server's directives" => sub {
    my $site = server('env', '');
    my $file = $site->directory . '/env';
    open my $out, '>', $file or die "$file: $!\n";
    print {$out} "CLIENT_ID=of-the-host\n";
    close $out;
    chmod 0600, $file;
    $site->configure($site->{config} . host('www.shop.test', "PlusAuthEnvFile $file\n"))->start;
    my $asked = asked(visitor('http://www.shop.test')->get('http://www.shop.test/login'));
    is $asked->{client_id}, 'of-the-host', 'CLIENT_ID is its own';
    like $asked->{location}, qr{/i/site-vhosts/}, 'the issuer is the main server\'s';
    $site->stop;
};

# Ways that sites redirect from http to https with.
my %redirecting = (
    'Redirect' => "Redirect permanent / https://www.shop.test/\n",
    'RedirectMatch' => "RedirectMatch 308 ^/(.*)\$ https://www.shop.test/\$1\n",
    'Redirect in a Location' => "<Location />\nRedirect permanent / https://www.shop.test/\n</Location>\n",
    'RewriteRule' => "RewriteEngine On\nRewriteRule ^/?(.*) https://%{SERVER_NAME}/\$1 [R=301,L]\n",
    'RewriteRule with RewriteCond' => "RewriteEngine On\nRewriteCond %{HTTPS} off\n"
        . "RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]\n",
    'RewriteRule for a proxy that speaks TLS' => "ServerName https://www.shop.test\nRewriteEngine On\n"
        . "RewriteCond %{HTTP:X-Forwarded-Proto} !=https\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R,L]\n",
    'Redirect on a host with a provider of its own' => "PlusAuthOrigin https://www.shop.test\n"
        . "Redirect / https://www.shop.test/\n",
);
for my $way (sort keys %redirecting) {
    subtest "a host that only redirects answers none of our paths: $way" => sub {
        my $site = server('redirect', '', host('www.shop.test', "ServerAlias shop.test\n$redirecting{$way}"))->start;
        my $browser = visitor('http://www.shop.test');
        for my $path ('/login', '/logout', '/register', '/login/callback', '/login/user', '/logout/backchannel') {
            my $answer = $browser->get("http://www.shop.test$path?code=c&state=s");
            is $answer->header('Location'), "https://www.shop.test$path?code=c&state=s", $path;
            is $answer->header('Set-Cookie'), undef, 'without a cookie';
        }
        is visitor('http://www.shop.test')->request('POST', 'http://www.shop.test/logout/backchannel', [], 'logout_token=x')
            ->header('Location'), 'https://www.shop.test/logout/backchannel', 'a POST, too';
        $site->stop;
    };
}

subtest 'what maps our paths to files, proxies or other paths of this site leaves them alone' => sub {
    my $site = server('mapping', '', host('www.shop.test', <<"HOST"))->start;
RewriteEngine On
RewriteRule ^/log(.*[^/])\$ /log\$1/ [R=301,L]
RewriteRule ^/register\$ $documents/open/sorry.html
RewriteRule ^/logout http://127.0.0.1:1/ [P]
Alias / $documents/app/
HOST
    my $browser = visitor('http://www.shop.test');
    like $browser->get('http://www.shop.test/login')->header('Location'), qr{/i/site-vhosts/}, 'a redirect that appends a slash';
    like $browser->get('http://www.shop.test/register')->header('Location'), qr{/i/site-vhosts/}, 'a rewrite to a file';
    is $browser->get('http://www.shop.test/logout')->header('Location'), 'http://www.shop.test/', 'a rewrite to a proxy';
    is $browser->get('http://www.shop.test/logging')->header('Location'), 'http://www.shop.test/logging/',
        'they work on what is not ours';
    $site->stop;
};

subtest 'PlusAuthEngine off keeps a host out' => sub {
    my $site = server('off', "<Location /bound>\nAuthType PlusAuth\nRequire valid-user\n</Location>\n",
        host('www.shop.test', <<"HOST"), host('in.test', ''))->start;
PlusAuthEngine off
Alias /bound $documents/app
<LocationMatch "^/(app|cgi)">
    AuthType None
    Require all granted
</LocationMatch>
HOST
    my $browser = visitor('http://www.shop.test', 'http://in.test');
    is $browser->get("http://www.shop.test$_")->code, 404, "$_ is not ours"
        for '/login', '/logout', '/register', '/login/callback', '/login/user', '/login/jwks', '/logout/backchannel';
    is $browser->get('http://www.shop.test/app/page.html')->code, 200, 'the host is served';
    my $answer = $browser->get('http://www.shop.test/bound/page.html');
    is $answer->code, 500, 'a place that demands a login stays closed';
    unlike $answer->content, qr/the protected page/i, 'and shows nothing';
    like $site->log_since(0), qr/PlusAuthEngine is off/, 'the log says why';
    $answer = $browser->get('http://www.shop.test/cgi', Cookie => 'plusauth=mine; a=b');
    is environment($answer)->{HTTP_COOKIE}, 'plusauth=mine; a=b', 'a request is passed on as it came';
    is $browser->get('http://in.test/login')->code, 302, 'the other host has its login';
    $site->stop;
};

subtest 'PlusAuthEngine off in the main server, on in a host' => sub {
    my $site = server('on', "PlusAuthEngine off\n", host('www.shop.test', "PlusAuthEngine on\n"), host('out.test', ''))->start;
    my $browser = visitor('http://www.shop.test', 'http://out.test');
    is $browser->get('http://www.shop.test/login')->code, 302, 'on';
    is $browser->get('http://out.test/login')->code, 404, 'off';
    $site->stop;
};

subtest 'PlusAuthEngine off leaves a path to the application' => sub {
    my $site = server('place', '', host('www.shop.test', <<"HOST"))->start;
Alias /login $documents/open/sorry.html
<Location /login>
    PlusAuthEngine off
</Location>
<Location /login/callback>
    PlusAuthEngine on
</Location>
<Location /app/off>
    PlusAuthEngine off
    PlusAuthUnauthenticated pass
</Location>
Alias /app/off $documents/app
HOST
    my $browser = visitor('http://www.shop.test');
    like $browser->get('http://www.shop.test/login')->content, qr/sorry/, 'the login path';
    is $browser->get('http://www.shop.test/login/callback')->code, 400, 'the callback is ours still';
    my $answer = $browser->get('http://www.shop.test/app/off/page.html');
    is $answer->code, 500, 'AuthType PlusAuth in such a place stays closed, whatever else it says';
    $site->stop;
};

done_testing;
