# refusals.t: whatever is refused, on a page or in JSON, names a request id, and the error log has one
# line with that id at the default LogLevel. The list of refusals is read from the source: a new one
# that no row here causes is a failure.
use strict;
use warnings;
use lib 't/lib';
use HTTP::Tiny;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

my $SECRET = 's3cret-that-HS512-can-use-because-it-is-longer-than-64-bytes-as-one-sees';
my $issuer = 'http://127.0.0.1:' . vars('faulty_port') . '/i';
my $nowhere = 'http://127.0.0.1:' . PlusAuth::Site::free_port();

sub places {
    my (@places) = @_;
    return join '', map { "<Location \"/$_->[0]\">\nAuthType PlusAuth\nRequire valid-user\n$_->[1]\n</Location>\n" } @places;
}

sub start {
    my ($name, $config, @more) = @_;
    return PlusAuth::Site->new($name, config => "LogLevel warn\n$config", @more)->start;
}

my $client = "PlusAuthClientID client\nPlusAuthClientSecret $SECRET\n";
my $main = start('refusals', places(
    ['scripts', 'PlusAuthUnauthenticated 401'], ['hidden', 'PlusAuthUnauthenticated 403'],
    ['unnamed', 'PlusAuthUser no_such_claim'],
    ['off', 'PlusAuthEngine off'], ['nosession', ''])
    . "<LocationMatch ^/nosession/x>\nSession Off\n</LocationMatch>\n"
    . "<Location /other>\nAuthType PlusAuth\nRequire user somebody-else\n</Location>\n<Location /empty>\nSetHandler plusauth-page\n</Location>\n");
my $several = start('refusals-several', "<Location /app>\nPlusAuthProvider a\n</Location>\n", provider => join '', map {
    "<PlusAuthProvider $_>\nPlusAuthIssuer $issuer/refusals-$_\n$client</PlusAuthProvider>\n" } 'a', 'b');
my $posts = start('refusals-posts', "PlusAuthResponse form_post\n");
my $keyless = start('refusals-keyless', "PlusAuthSessionStore mod_session\nPlusAuthKey 8Fq2mVwZ1nT7cXbR5sKdLhJpYgUaEo3i\n",
    modules => ['session_cookie']);
my $storeless = start('refusals-storeless', "LoadModule plusauth_redis_module @{[vars('build')]}/mod_plusauth_redis.so\n"
    . "PlusAuthSessionStore redis://127.0.0.1:@{[PlusAuth::Site::free_port()]}\nPlusAuthKey 8Fq2mVwZ1nT7cXbR5sKdLhJpYgUaEo3i\n");
my $lonely = start('refusals-lonely', "PlusAuthIssuer $nowhere\n");
my @sites = ($main, $several, $posts, $keyless, $storeless, $lonely);

sub get { my ($site, $path, @more) = @_; return browser()->get($site->url($path), @more) }
sub attempt { my (@faults) = @_; faults(@faults); return browser()->visit($main->page) }

sub after_login {
    my ($path) = @_;
    my $browser = browser();
    $browser->visit($main->page);
    return $browser->visit($main->url($path));
}

# Signs in without ever sending back the session.
sub go_round {
    my $browser = browser();
    for (1 .. 3) {
        $browser->get($browser->until($main->page, qr{/login/callback}));
        $browser->drop_cookie('plusauth');
    }
    return $browser->get($main->page);
}

my %rows = (
    'answer/bad_form' => [400, 'invalid_response', sub { browser()->post($posts->url('/login/callback'), {}) }],
    'answer/no_post' => [405, 'invalid_request', sub { browser()->post($main->url('/login/callback'), {}) }],
    'answer/unreadable' => [415, 'invalid_response',
        sub { browser()->post($posts->url('/login/callback'), {}, 'Content-Type' => 'text/plain') }],
    'authn/no_claim' => [403, 'access_denied', sub { after_login('/unnamed/x') }],
    'authn/no_provider' => [500, 'server_error', sub { get($main, '/off/x') }],
    'authn/nobody_401' => [401, 'login_required', sub { get($main, '/scripts/x') }],
    'authn/nobody_401 script' => [401, 'login_required', sub { browser()->fetch($main->page) }],
    'authn/nobody_403' => [403, 'login_required', sub { get($main, '/hidden/x') }],
    'authz/not_allowed' => [403, 'forbidden', sub { after_login('/other/x') }],
    'backchannel/no_frame' => [405, 'invalid_request', sub { browser()->post($main->url('/logout/frontchannel'), {}) }],
    'backchannel/not_accepted' => [400, 'invalid_request', sub { browser()->post($main->url('/logout/backchannel'), {}) }],
    'backchannel/not_now' => [503, 'temporarily_unavailable', sub {
        my $token = provider('logout_token', { issuer => 'site-refusals-storeless', claims => { sub => 'user-1' } })->{token};
        browser()->post($storeless->url('/logout/backchannel'), { logout_token => $token });
    }],
    'callback/bad_answer' => [400, 'invalid_response', sub { attempt('authorize.iss_wrong') }],
    'callback/bad_answer mixed up' => [400, 'invalid_response', sub {
        my $browser = browser();
        return $browser->get($browser->until($several->page, qr{/login/callback/a}) =~ s{/callback/a}{/callback/b}r);
    }],
    'callback/no_login' => [400, 'invalid_state', sub { get($main, '/login/callback?code=x&state=y') }],
    'failure/PA_FAULT_UNREACHABLE' => [502, 'provider_unreachable', sub { attempt('token.reset') }],
    'failure/PA_FAULT_UNKNOWN' => [503, 'temporarily_unavailable', sub { get($lonely, '/app/page.html') }],
    'failure/PA_FAULT_TIMEOUT' => [504, 'provider_timeout', sub { attempt('token.hang') }],
    'failure/PA_FAULT_NONSENSE' => [502, 'provider_error', sub { attempt('token.html') }],
    'failure/PA_FAULT_OAUTH' => [400, 'login_required', sub { attempt('authorize.login_required') }],
    'failure/PA_FAULT_RULE' => [401, 'invalid_token', sub { attempt('claims.aud_other') }],
    'failure/denied' => [403, 'access_denied', sub { attempt('authorize.access_denied') }],
    'failure/no_sessions' => [500, 'server_error', sub { get($main, '/nosession/x') }],
    'failure/no_sessions key' => [500, 'server_error', sub { browser()->visit($keyless->page) }],
    'failure/no_store' => [503, 'temporarily_unavailable', sub {
        browser()->get($storeless->page, Cookie => 'plusauth=' . 'A' x 43) }],
    'login/loop' => [500, 'login_loop', \&go_round],
    'login/which_provider' => [500, 'server_error', sub { get($several, '/login') }],
    'login_hints/bad_form' => [415, 'invalid_request', sub { browser()->post($main->url('/login'), {}, 'Content-Type' => 'text/plain') }],
    'login_hints/bad_link iss' => [400, 'invalid_request', sub { get($main, '/login?iss=https://stranger.example') }],
    'login_hints/bad_link target' => [400, 'invalid_request', sub { get($main, '/login?target_link_uri=https://stranger.example/') }],
    'login_hints/bad_link query' => [400, 'invalid_request', sub { get($main, '/login?a=%') }],
    'login_hints/bad_method' => [405, 'invalid_request', sub { get($main, '/login', method => 'DELETE') }],
    'logout/bad_method' => [405, 'invalid_request', sub { get($main, '/logout', method => 'DELETE') }],
    'page_handler/no_page' => [500, 'misconfigured', sub { get($main, '/empty') }],
    'page_handler/only_read' => [405, 'method_not_allowed', sub { get($main, '/empty', method => 'DELETE') }],
    'route/only_guessed' => [403, 'prefetch_refused', sub { get($main, '/login', 'Sec-Purpose' => 'prefetch') }],
    'user/nobody' => [401, 'login_required', sub { get($main, '/login/user') }],
    'user/only_read' => [405, 'invalid_request', sub { get($main, '/login/user', method => 'DELETE') }],
);
# What only a server without memory or random numbers answers.
my %never = map { $_ => 1 } 'failure/PA_FAULT_OURS';

sub request_id {
    my ($answer) = @_;
    return json($answer)->{request_id} if $answer->content_type eq 'application/json';
    return page_text($answer) =~ /Request (\S+)/ ? $1 : undef;
}

for my $name (sort keys %rows) {
    my ($status, $error, $cause) = @{ $rows{$name} };
    subtest $name => sub {
        faults();
        my $answer = $cause->();
        faults();
        is $answer->code, $status, 'status';
        my $told = $answer->content_type eq 'application/json' ? json($answer)->{error} : page_text($answer);
        like $told, qr/\b\Q$error\E\b/, 'the error is named';
        my $id = request_id($answer) // '(none)';
        my @lines = grep { /\Q[$id]\E/ } map { split /\n/, $_->log_since(0) } @sites;
        is scalar @lines, 1, "one line has the request's id $id" or diag @lines;
        like $lines[0] // '', qr/\[$id\] localhost:\d+: \S/, 'and the host';
        like $lines[0] // '', $status >= 500 ? qr/plusauth:error/ : qr/plusauth:warn/, 'at its level';
    };
}

my (%refusals, %formats);
for my $file (glob vars('top_dir') . '/src/request/*.c') {
    my ($name) = $file =~ m{(\w+)\.c$};
    open my $in, '<', $file or die "$file: $!\n";
    my $source = do { local $/; <$in> };
    $refusals{"$name/$_"} = 1 for $source =~ /\bpa_refusal (\w+) = /g;
    next if $name eq 'refusal';
    $refusals{"$name/$_"} = 1 for $source =~ /\[(PA_FAULT_\w+)\] = \{ \.status/g;
    $formats{$1} = $name while $source =~ /\bpa_refuse\(\s*r,\s*&?\w+,\s*"((?:[^"\\]|\\.)*?)(?:%|")/g;
}
delete $refusals{'failure/what'}; # a copy of one of the others
cmp_ok scalar keys %refusals, '>', 25, 'refusals were found in the source';
my %caused = map { s/ .*//r => 1 } keys %rows;
is_deeply [grep { !$caused{$_} && !$never{$_} } sort keys %refusals], [], 'each is caused by a row above';
is_deeply [grep { !$refusals{$_} } sort keys %caused], [], 'and there is none but these';
my $log = join '', map { $_->log_since(0) } @sites;
is_deeply [grep { $log !~ /\Q@{[s{\\"}{"}gr]}\E/ } sort grep { length } keys %formats], [], 'each line that a refusal writes was seen';
done_testing;
