# login_links.t: how a login begins: what a visitor's link may ask for beside what is configured, where it
# ends, and with which cookie it travels.
use strict;
use warnings;
use lib 't/lib';
use IO::Socket::INET;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;
use URI;

my %CONFIGURED = (acr_values => 'mfa', prompt => 'consent', login_hint => 'by-the-site', max_age => 300, tenant => 'blue');
my $params = join '', map { "PlusAuthAuthParam $_ $CONFIGURED{$_}\n" } sort keys %CONFIGURED;
my %links = (
    'other values' => 'acr_values=low&prompt=select_account&login_hint=mallory&max_age=900&tenant=red',
    'none of theirs' => 'acr_values=&prompt=none&login_hint=&max_age=x',
    'nothing' => '',
);

# What the provider was asked for by a login that begins there.
sub asked {
    my ($url, $path) = @_;
    faults();
    my $answer = browser()->get($url);
    my %query = URI->new($answer->header('Location') // '')->query_form;
    my ($pushed) = calls_to('/oauth2/par');
    return $pushed ? %{ $pushed->{form} } : %query;
}

for my $way ('query', 'par') {
    my $site = PlusAuth::Site->new("links-$way", config => "PlusAuthRequest $way\n<Location \"/\">\n$params</Location>\n")->start;
    for my $name (sort keys %links) {
        subtest "a link with $name changes nothing that is configured ($way)" => sub {
            my %said = asked($site->url("/login?$links{$name}"));
            is $said{$_}, $CONFIGURED{$_}, $_ for sort keys %CONFIGURED;
        };
    }
    my %said = asked($site->url('/login?max_age=60&ui_locales=tr'));
    is $said{max_age}, 60, "a smaller max_age counts ($way)";
    is $said{ui_locales}, 'tr', "what is not configured is passed on ($way)";
}

subtest 'a place with max_age asks somebody whose login is older to sign in again' => sub {
    my $site = PlusAuth::Site->new('max-age', config => <<"CONFIG")->start;
Alias /strong @{[vars('documentroot')]}/app
Alias /always @{[vars('documentroot')]}/app
<Location "/strong">
    AuthType PlusAuth
    Require valid-user
    PlusAuthAuthParam max_age 300
</Location>
<Location "/always">
    AuthType PlusAuth
    Require valid-user
    PlusAuthAuthParam max_age 0
</Location>
CONFIG
    my $strong = $site->url('/strong/page.html');
    my $browser = browser();
    faults('claims.auth_time_old');
    is $browser->visit($site->page)->code, 200, 'signed in, by a login of a while ago';
    ok signed_in($browser, $site->page), 'which is good for other places';
    ok signed_in($browser, $site->url('/always/page.html')), 'and where max_age 0 is for logins only';
    my $answer = $browser->get($strong);
    is $answer->code, 302, 'the place sends them to the provider';
    my %said = URI->new($answer->header('Location'))->query_form;
    is $said{max_age}, 300, 'with its max_age';
    is $browser->visit($strong)->code, 401, 'a provider that does not ask them is not believed';
    faults();
    is $browser->visit($strong)->code, 200, 'with a new login they are in';
    ok signed_in($browser, $strong), 'and stay so';
};

# Sent byte for byte, as a browser does, whose cookies are kept.
sub raw_get {
    my ($browser, $site, $target) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => 'localhost', PeerPort => $site->{port}) or die "connect: $!\n";
    print {$socket} "GET $target HTTP/1.1\r\nHost: localhost:$site->{port}\r\nAccept: text/html\r\nConnection: close\r\n\r\n";
    my $text = do { local $/; <$socket> };
    $browser->_keep('localhost', $_) for $text =~ /^Set-Cookie: (.*?)\r$/mg;
    return $text =~ /^Location: (.*?)\r$/m ? $1 : '';
}

my $site = PlusAuth::Site->new('addresses')->start;
my %addresses = (
    '/app/page.html?path=C:\temp' => '/app/page.html?path=C:%5Ctemp',
    '/app/page.html?q=\d+' => '/app/page.html?q=%5Cd+',
    "/app/page.html?q=caf\xc3\xa9" => '/app/page.html?q=caf%C3%A9',
    "/app/page.html?\\\\evil.example/" => '/app/page.html?%5C%5Cevil.example/',
    '/app/page.html?' . 'x' x 185 => '/app/page.html?' . 'x' x 185,
    '/app/page.html?q=%5C' => '/app/page.html?q=%5C',
);
for my $address (sort keys %addresses) {
    subtest 'a login ends where it was wanted: ' . ($address =~ s/[^ -~]/?/gr) => sub {
        faults();
        my $browser = browser();
        my $answer = $browser->visit(raw_get($browser, $site, $address));
        is $answer->{seen_url}, $site->url($addresses{$address}), 'from the address itself';
        is $answer->code, 200, 'which is there';
        for my $name (qw(return_to target_link_uri)) {
            my $link = URI->new($site->url('/login'));
            $link->query_form($name => $address);
            is browser()->visit("$link")->{seen_url}, $site->url($addresses{$address}), "from $name";
        }
    };
}

subtest 'a backslash in the path leads nowhere else' => sub {
    for my $address ('/\\evil.example/?q=\\', '/app\\..\\evil.example?x', '\\\\evil.example?x', '//evil.example?\\') {
        faults();
        my $link = URI->new($site->url('/login'));
        $link->query_form(return_to => $address);
        is browser()->visit("$link")->{seen_url}, $site->url('/'), $address;
        $link->query_form(target_link_uri => $address);
        is browser()->get("$link")->code, 400, "$address as target_link_uri";
    }
};

my %samesite = ('' => 'Lax', 'Lax' => 'Lax', 'Strict' => 'Lax', 'None' => 'None');
for my $value (sort keys %samesite) {
    subtest "the login cookie beside a session cookie of SameSite=$value" => sub {
        my $secure = PlusAuth::Site->new('samesite', config => "PlusAuthOrigin https://app.example.test\n"
            . 'PlusAuthCookie __Host-plusauth ' . ($value && "SameSite=$value") . "\n")->start;
        my $browser = browser(at => { 'https://app.example.test' => $secure->url });
        my $answer = $browser->get('https://app.example.test/app/page.html');
        my ($cookie) = grep { /^__Host-plusauth-login-\d=/ } $answer->header('Set-Cookie');
        like $cookie, qr/; SameSite=$samesite{$value}; Secure/, "is $samesite{$value}";
        my ($session) = grep { /^__Host-plusauth=/ } map { $_->header('Set-Cookie') }
            do { $browser->visit('https://app.example.test/app/page.html'); @{ $browser->{trail} } };
        like $session, qr/; SameSite=@{[$value || 'Lax']}; Secure/, 'beside the session cookie';
    };
}

subtest 'a callback that finds no login says which it is' => sub {
    my %causes = (
        'no cookie at all' => ['the browser sent no login cookie: it blocks cookies', sub { browser() }],
        'cookies of other logins' => ['no login of this browser has its state', sub {
            my $browser = browser();
            $browser->get($site->page);
            return $browser;
        }],
    );
    for my $name (sort keys %causes) {
        my ($line, $browser) = @{ $causes{$name} };
        my $mark = $site->log_mark;
        my $answer = $browser->()->get($site->url('/login/callback?code=x&state=y'));
        is $answer->code, 400, $name;
        like $answer->decoded_content, qr/cookie/, 'the page speaks of cookies';
        like $site->log_since($mark), qr/\Q$line\E/, 'the log tells the cause';
    }
};

done_testing;
