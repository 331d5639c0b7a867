# secrets.t: nothing that would let a reader of the logs or of a page act for somebody else is in
# them: on a server that logs all it can (LogLevel trace8), whatever goes right or wrong.
use strict;
use warnings;
use lib 't/lib';
use MIME::Base64 'encode_base64';
use PlusAuth::Providers;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;
use URI;
use URI::Escape 'uri_unescape';

my $site = site('talkative');
my $page = "$site/app/page.html";
my $SECRET = 's3cret-that-HS512-can-use-because-it-is-longer-than-64-bytes-as-one-sees';
my $SHORTEST = 12;
my %OF_URLS = (code => 'code', state => 'state', nonce => 'nonce', response => 'response');
my %OF_FORMS = (code => 'code', code_verifier => 'verifier', client_secret => 'client secret', token => 'token',
    refresh_token => 'refresh token', client_assertion => 'assertion');

my %secrets = ($SECRET => 'client secret', encode_base64("client:$SECRET", '') => 'client secret');
my @answers;
my $mark = log_mark();
my $access_mark = -s vars('t_logs') . '/access_log';

sub keep {
    my ($what, $value) = @_;
    $secrets{$value} //= $what if defined $value && !ref $value && length $value >= $SHORTEST;
    return;
}

# What a browser and the provider have seen.
sub keep_all {
    my (@seen) = @_;
    push @answers, @seen;
    for my $answer (@seen) {
        # The state of a logout only says that we gave it.
        for my $url (grep { defined && !m{/logout\?} } $answer->{seen_url}, $answer->header('Location')) {
            my %query = URI->new($url)->query_form;
            keep($OF_URLS{$_}, $query{$_}) for keys %OF_URLS;
        }
        keep('cookie', (PlusAuth::Browser::parse_set_cookie($_))[1]) for $answer->header('Set-Cookie');
    }
    for my $call (calls()) {
        keep($OF_FORMS{$_}, $call->{form}{$_}) for keys %OF_FORMS;
        keep('proof', $call->{headers}{dpop});
        keep('authorization', $1) if ($call->{headers}{authorization} // '') =~ /^\w+ (.+)/;
        my $answer = ref $call->{answer} eq 'HASH' ? $call->{answer} : {};
        keep($_, $answer->{$_}) for grep { /token$/ } keys %$answer;
    }
    return;
}

sub visit {
    my ($browser, @where) = @_;
    my $answer = $browser->visit(@where);
    keep_all(@{ $browser->{trail} });
    return $answer;
}

# Logins and logouts that go well.
faults('token.refresh_token');
my $browser = browser();
is visit($browser, $page)->code, 200, 'signed in';
visit($browser, "$site/cgi");
is visit($browser, "$site/app/forbidden")->code, 403, 'not allowed';
keep_all(my $ask = $browser->get("$site/logout", site => 'cross-site'));
keep('confirmation', $ask->decoded_content =~ /name="confirm" value="([^"]+)"/);
visit($browser, $page, site => 'cross-site');
visit($browser, "$site/logout");

# Each way in which a login can go wrong.
for my $fault (grep { /^(?:authorize|claims|jws|token|userinfo)\./ && !/hang|drip/ }
    PlusAuth::Providers::faults(vars('faulty_port'))) {
    faults($fault);
    visit(browser(), $page);
}

# Cookies that are not genuine, answers that come again.
faults();
$browser = browser();
my $callback = $browser->until($page, qr{/login/callback});
visit($browser, $callback) for 1 .. 2;
visit($browser, "$callback&x=%");
visit(browser(), $callback);
my $session = session_cookie($browser);
for my $cookie ("plusauth=$session", "plusauth=$session; plusauth=" . 'B' x 43, "plusauth=x$session",
    map { "plusauth-login-0=$_" } grep { defined } map { $browser->{cookies}{localhost}{$_}{value} }
        login_cookies($browser)) {
    keep_all(browser()->get($page, Cookie => $cookie), browser()->get($callback, Cookie => $cookie));
}
$browser->post($callback, { code => 'x' });

# Logouts that the provider asks for.
for my $fault (undef, grep { /^logout\./ } PlusAuth::Providers::faults(vars('faulty_port'))) {
    visit($browser = browser(), $page);
    my $token = provider('logout_token',
        { issuer => 'talkative', faults => [$fault // ()], claims => { sub => 'user-1' } })->{token};
    keep('logout token', $token);
    keep_all($browser->post("$site/logout/backchannel", { logout_token => $token }));
}
visit($browser, "$site/logout/frontchannel?iss=x&sid=y");

# The other ways in which secrets travel, right and wrong.
my $keys = vars('t_logs');
my $all = qq(LogLevel trace8\nErrorLogFormat "[%{cu}t] [%m:%l] [%v] %M"\nPlusAuthClientKey $keys/encrypted-rsa.pem\n);
my @ways = map { PlusAuth::Site->new($_->[0], config => "$all$_->[1]") } (
    ['dpop', "PlusAuthSenderConstrain dpop\nPlusAuthRequest par\nPlusAuthClientID assertion\nPlusAuthClientAuth client_secret_jwt\n"],
    ['posts', "PlusAuthClientID post\nPlusAuthClientAuth client_secret_post\nPlusAuthSessionStore cookie\n"],
    ['jwts', "PlusAuthResponse jwt\nPlusAuthRequest par\nPlusAuthClientID assertion\nPlusAuthClientAuth private_key_jwt\n"]);
for my $way (@ways) {
    $way->configure("$way->{config}CustomLog @{[$way->directory]}/access \"%r\"\n")->start;
    for my $fault ([], ['dpop.nonce', 'dpop.userinfo_nonce'], ['jwe.rsa'], map { [$_] }
        grep { /^(?:dpop|jarm|jwe|par)\./ && !/hang/ } PlusAuth::Providers::faults(vars('faulty_port'))) {
        faults(@$fault);
        visit($browser = browser(), $way->page);
        visit($browser, $way->url('/logout'));
    }
    is visit(browser(), $way->page)->code, 200, "signed in ($way->{name})" if !faults();
}

# By what they begin with: so that a text is gone through once, however many they are.
my %beginnings;
push @{ $beginnings{ substr $_, 0, $SHORTEST } }, $_ for keys %secrets;

# What of them is in a text, or would be if its URLs were decoded.
sub found {
    my ($text) = @_;
    my %found;
    for my $said ($text, uri_unescape($text)) {
        while ($said =~ /(?=([\w+\/=.~-]{$SHORTEST}))/g) {
            my $candidates = $beginnings{$1} or next;
            $found{"$secrets{$_}: $_"} = 1 for grep { substr($said, $-[0], length) eq $_ } @$candidates;
        }
    }
    return [sort keys %found];
}

my %kinds = map { $_ => 1 } values %secrets;
is_deeply [sort keys %kinds], [sort 'access_token', 'assertion', 'authorization', 'client secret', 'code',
    'confirmation', 'cookie', 'id_token', 'logout token', 'nonce', 'proof', 'refresh_token', 'response', 'state', 'verifier'], 'secrets of every kind are known';
cmp_ok scalar keys %secrets, '>', 1000, 'a thousand of them';
is_deeply found("x=$SECRET"), ["client secret: $SECRET"], 'and would be found';

# httpd itself logs, at trace levels and nowhere else, the request line as it was received and the
# headers of its answers (http_filters.c and protocol.c of httpd); no module can keep it from that.
my $HTTPD = qr/^\[[^\]]*\] (?:\[core:trace5\] \[\S+\] Request received from client: |\[http:trace4\] \[\S+\]   [\w-]+: ).*\n/m;
my $log = join '', log_since($mark), map { $_->log_since(0) } @ways;
my $of_httpd = () = $log =~ /$HTTPD/g;
cmp_ok $of_httpd, '>', 1000, 'httpd logs what it can';
like $log, qr/\[plusauth:info\]/, 'and so do we';
$log =~ s/$HTTPD//g;
unlike $log, qr/"d" ?:|-----BEGIN|PRIVATE/, 'nor is there a private key';
is_deeply found($log), [], 'there is no secret in the error log';
my $access = join '', slurp(vars('t_logs') . '/access_log', $access_mark), map { slurp($_->directory . '/access', 0) } @ways;
like $access, qr{GET /login/callback HTTP/1.1}, 'the access log tells of callbacks';
is_deeply found($access), [], 'but no secret';

subtest 'pages' => sub {
    my %seen;
    for my $answer (@answers) {
        next if $answer->is_redirect; # whose page repeats its Location
        my $body = $answer->decoded_content // '';
        my $told = found($body =~ s/name="confirm" value="[^"]+"//r);
        is_deeply $told, [], 'no secret is on the page of ' . $answer->{seen_url} if @$told;
        next if $answer->{seen_url} !~ m{^\Q$site\E/login/callback} || $answer->code < 400;
        $seen{ $answer->header('Referrer-Policy') // 'none' }++;
    }
    is_deeply [keys %seen], ['strict-origin'], 'what follows an error of the callback is not told its URL';
};

sub slurp {
    my ($file, $from) = @_;
    open my $in, '<', $file or die "$file: $!\n";
    seek $in, $from, 0;
    local $/;
    return <$in> // '';
}

faults();
done_testing;
