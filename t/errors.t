# errors.t: what goes wrong, as a page for people and as JSON for programs.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Attack;
use PlusAuth::Test;
use Test::More;

my $attack = site('attack');

# [fault, status, error]
my @cases = (
    ['authorize.access_denied', 403, 'access_denied'],
    ['authorize.login_required', 400, 'login_required'],
    ['authorize.server_error', 400, 'server_error'],
    ['authorize.state_wrong', 400, 'invalid_state'],
    ['authorize.iss_wrong', 400, 'invalid_response'],
    ['claims.aud_other', 401, 'invalid_token'],
    ['userinfo.sub_other', 401, 'invalid_token'],
    ['token.reset', 502, 'provider_unreachable'],
    ['token.html', 502, 'provider_error'],
    ['token.hang', 504, 'provider_timeout'],
    ['token.invalid_grant', 400, 'invalid_grant'],
);
for my $case (@cases) {
    my ($fault, $status, $error) = @$case;
    subtest "$fault is $status $error" => sub {
        faults($fault);
        my $mark = log_mark();
        my $browser = browser();
        my $page = $browser->visit("$attack/app/page.html");
        is $page->code, $status, "status $status";
        is $page->content_type, 'text/html', 'a page';
        like $page->header('Cache-Control'), qr/no-store/, 'not to be stored';
        like $page->header('Content-Security-Policy'), qr/default-src 'none'/, 'with a strict policy';
        like page_text($page), qr/\Q$error\E/, 'names the error';
        my ($id) = page_text($page) =~ /Request (\S+)/;
        like log_since($mark), qr/\Q$id\E/, 'and the request that the log tells about';
        ok !defined session_cookie($browser), 'no session';

        $browser = browser();
        my $callback = $browser->until("$attack/app/page.html", qr{/login/callback});
        my $json = $browser->get($callback, Accept => 'application/json');
        is $json->code, $status, 'the same status for a program';
        is $json->content_type, 'application/json', 'JSON';
        is json($json)->{error}, $error, 'the same error';
        like json($json)->{message}, qr/\w/, 'a message';
        like json($json)->{request_id}, qr/\S/, 'a request id';
        faults();
    };
}

subtest 'nothing known of the provider: 503' => sub {
    my $url = "$attack/p/discovery.status_500/page.html";
    browser()->get($url);
    my $answer = browser()->get($url);
    is $answer->code, 503, 'status 503';
    like $answer->header('Retry-After'), qr/^\d+$/, 'with Retry-After';
    is json(browser()->get($url, Accept => 'application/json'))->{error}, 'temporarily_unavailable', 'as JSON too';
};

subtest 'authenticated but not allowed: 403' => sub {
    my $browser = browser();
    $browser->visit(site('app') . '/app/page.html');
    my $answer = $browser->get(site('app') . '/only/nobody/page.html');
    is $answer->code, 403, 'status 403';
    like page_text($answer), qr/forbidden|not open|may not/i, 'that says so';
    ok $answer->decoded_content !~ $PROTECTED, 'and shows nothing';
    is $browser->fetch(site('app') . '/only/nobody/page.html')->content_type, 'application/json', 'as JSON too';
};

for my $case (['Session Off in this place', site('app') . '/nouser/x', qr/Session On/],
    ['a provider that nobody knows', site('app') . '/unknown-provider/x', qr/PlusAuthProvider/]) {
    my ($name, $url, $cure) = @$case;
    subtest "misconfigured: $name" => sub {
        my $mark = log_mark();
        my $answer = browser()->get($url);
        is $answer->code, 500, 'status 500';
        ok $answer->decoded_content !~ $PROTECTED, 'nothing is shown';
        like log_since($mark), $cure, 'the log says what to write';
    };
}

subtest 'a server without PlusAuth is left alone' => sub {
    my $answer = browser()->get(site('plain') . '/login');
    is $answer->code, 404, 'its paths are its own';
};

subtest 'the wrong method on our own paths' => sub {
    is browser()->get(site('app') . '/login', method => 'DELETE')->code, 405, 'DELETE /login';
    is browser()->post(site('app') . '/login/callback', {})->code, 405, 'POST /login/callback';
};

subtest 'names under our paths are not ours' => sub {
    is browser()->get(site('app') . $_)->code, 404, $_ for '/login/', '/loginx', '/login/callback/', '/logout/x';
};

done_testing;
