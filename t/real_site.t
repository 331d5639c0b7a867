# real_site.t: a site as there are many: a TLS host, an http host that redirects to it, a host without PlusAuth, and
# beside mod_plusauth the modules that real sites load.
use strict;
use warnings;
use lib 't/lib';
use Apache::Test 'have_module';
use File::Temp 'tempdir';
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;
use URI;

my $directory = tempdir(CLEANUP => 1);
my $authorities = "$directory/ca.pem";
my $keys = vars('t_logs') . '/financial.d';
concatenate($authorities, vars('t_logs') . '/ca.pem', "$keys/ca.pem");

sub concatenate {
    my ($to, @files) = @_;
    open my $out, '>', $to or die "$to: $!\n";
    for my $file (@files) {
        open my $in, '<', $file or die "$file: $!\n";
        print {$out} <$in>;
    }
    close $out or die "$to: $!\n";
    return;
}

sub secure_browser { return PlusAuth::Browser->new(ca_file => $authorities) }

# A host that has all of it: TLS and the http host that redirects there. The browser is sent from the one to the other,
# signs in, and comes back to what it asked for.
sub signs_in {
    my ($clear, $secure) = @_;
    my $browser = secure_browser();
    my $page = $browser->visit("$clear/app/page.html");
    is $page->code, 200, 'signed in';
    is $page->{seen_url}, "$secure/app/page.html", 'at the page that was asked for, over TLS';
    my @trail = @{ $browser->{trail} };
    is $trail[0]->code, 301, 'the http host redirects';
    is scalar($trail[0]->header('Set-Cookie')), undef, 'and sets no cookie';
    my ($login) = map { $_->header('Location') // () } grep { $_->{seen_url} =~ m{^\Q$secure\E/app} } @trail;
    is +{ URI->new($login)->query_form }->{redirect_uri}, "$secure/login/callback", 'the redirect URI is the TLS host';
    my @ours = grep { /plusauth/ } map { $_->header('Set-Cookie') } grep { $_->{seen_url} =~ /^\Q$secure\E/ } @trail;
    cmp_ok scalar(@ours), '>=', 2, 'a login set cookies';
    is scalar(grep { !/^__Host-plusauth/ || !/; Secure/ || !/; HttpOnly/ || /; Domain/ } @ours), 0,
        'all of them __Host-, Secure and HttpOnly' or diag explain \@ours;
    is secure_browser()->fetch("$secure/app/page.html")->code, 401, 'others are not';
    return $browser;
}

my $secure = site('tls') =~ s/^http:/https:/r;
my $clear = site('redirecting');
faults();
my $browser = signs_in($clear, $secure);

subtest 'the http host answers none of our paths itself' => sub {
    for my $path (qw(/login /login/callback?code=c&state=s /logout /register /login/user /logout/backchannel)) {
        my $answer = secure_browser()->get("$clear$path");
        is $answer->code, 301, "$path is redirected";
        is $answer->header('Location'), "$secure$path", 'to the TLS host, as it is';
    }
};

subtest 'the application learns that it was TLS' => sub {
    my $variables = environment($browser->fetch("$secure/cgi"));
    is $variables->{REQUEST_SCHEME}, 'https', 'by REQUEST_SCHEME';
    ok length $variables->{REMOTE_USER}, 'and who it is';
};

subtest 'a host without PlusAuth is left alone' => sub {
    my $answer = browser()->get(site('plain') . "/app/page.html");
    is $answer->code, 200, 'served';
    is scalar($answer->header('Set-Cookie')), undef, 'without a cookie';
    is browser()->get(site('plain') . $_)->code, 404, "$_ is not there" for qw(/login /logout /login/callback);
};

subtest 'HTTP/2 over TLS' => sub {
    plan skip_all => 'mod_http2 is not for this MPM' if !have_module('http2');
    plan skip_all => 'curl speaks no HTTP/2' if qx(curl --version 2>/dev/null) !~ /\bHTTP2\b/;
    my $jar = '__Host-plusauth=' . $browser->{cookies}{localhost}{'__Host-plusauth'}{value};
    my @curl = ('curl', '-s', '--http2', '--max-time', '30', '--cacert', $authorities, '-o', "$directory/body",
        '-w', '%{http_code} %{http_version} %{redirect_url}');
    my ($status, $version) = answer_of(@curl, '-b', $jar, "$secure/app/page.html");
    is "$status $version", '200 2', 'serves who is signed in';
    my @anonymous = answer_of(@curl, '-H', 'Sec-Fetch-Mode: navigate', '-D', "$directory/head", "$secure/app/page.html");
    is "@anonymous[0, 1]", '302 2', 'sends others to the provider';
    like $anonymous[2], qr/redirect_uri=https%3A%2F%2F/i, 'with the TLS origin';
    open my $in, '<', "$directory/head" or die "head: $!\n";
    like do { local $/; <$in> }, qr/^set-cookie: __Host-plusauth-login-\S+=.*; Secure/mi, 'and a cookie that is Secure';
};

sub answer_of {
    my (@command) = @_;
    open my $curl, '-|', @command or die "curl: $!\n";
    return split ' ', do { local $/; <$curl> };
}

subtest 'a provider at server level, with hosts of every kind' => sub {
    my %port = map { $_ => PlusAuth::Site->free_port } qw(clear secure plain);
    my $site = PlusAuth::Site->new('real', config => <<"CONFIG")->start;
Listen 127.0.0.1:$port{clear}
Listen 127.0.0.1:$port{secure}
Listen 127.0.0.1:$port{plain}
<VirtualHost 127.0.0.1:$port{clear}>
    ServerName localhost
    RewriteEngine On
    RewriteRule ^ https://localhost:$port{secure}%{REQUEST_URI} [R=301,L]
</VirtualHost>
<VirtualHost 127.0.0.1:$port{secure}>
    ServerName localhost
    SSLEngine on
    SSLCertificateFile $keys/server.crt
    SSLCertificateKeyFile $keys/server.key
</VirtualHost>
<VirtualHost 127.0.0.1:$port{plain}>
    ServerName localhost
    PlusAuthEngine off
    <Location "/app">
        AuthType None
        Require all granted
    </Location>
</VirtualHost>
CONFIG
    signs_in("http://localhost:$port{clear}", "https://localhost:$port{secure}");
    my $answer = browser()->get("http://localhost:$port{plain}/app/page.html");
    is $answer->code, 200, 'the host with PlusAuthEngine off serves';
    is scalar($answer->header('Set-Cookie')), undef, 'without a cookie';
    is browser()->get("http://localhost:$port{plain}/login")->code, 404, 'and has none of our paths';
};

done_testing;
