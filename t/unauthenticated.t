# unauthenticated.t: a request that needs a login and has none: who is sent to the provider, and who is
# told so (attack 67).
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Attack;
use PlusAuth::Test;
use Test::More;

my $app = site('app');
my $page = "$app/app/page.html";
faults();

subtest 'a navigation goes to the provider' => sub {
    my $browser = browser();
    my $answer = $browser->get($page);
    is $answer->code, 302, 'a redirect';
    like $answer->header('Location'), qr{/i/app/authorize\?}, 'to its authorization endpoint';
    like $answer->header('Cache-Control'), qr/no-store/, 'not to be stored';
    is scalar login_cookies($browser), 1, 'with one login cookie';
    ok !defined session_cookie($browser), 'and no session';
};

my @html = ('Accept' => 'text/html,*/*;q=0.8');
for my $case (
    ['an old browser, without Sec-Fetch', 302, GET => [@html]],
    ['a frame', 302, GET => [@html, 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'iframe']],
    ['curl', 302, GET => ['Accept' => '*/*']],
    ['HEAD', 302, HEAD => [@html, 'Sec-Fetch-Mode' => 'navigate']],
    ['a password that the browser remembers', 302, GET => [@html, 'Sec-Fetch-Mode' => 'navigate', 'Authorization' => 'Basic YTpi']],
    ['attack 67: XHR', 401, GET => ['Accept' => '*/*', 'X-Requested-With' => 'XMLHttpRequest']],
    ['attack 67: XHR that takes HTML', 401, GET => [@html, 'X-Requested-With' => 'XMLHttpRequest']],
    ['attack 67: fetch', 401, GET => ['Accept' => '*/*', 'Sec-Fetch-Mode' => 'cors', 'Sec-Fetch-Dest' => 'empty']],
    ['attack 67: fetch that takes HTML', 401, GET => [@html, 'Sec-Fetch-Mode' => 'same-origin', 'Sec-Fetch-Dest' => 'empty']],
    ['attack 67: a script', 401, GET => ['Accept' => '*/*', 'Sec-Fetch-Mode' => 'no-cors', 'Sec-Fetch-Dest' => 'script']],
    ['attack 67: an image', 401, GET => ['Accept' => 'image/*', 'Sec-Fetch-Mode' => 'no-cors', 'Sec-Fetch-Dest' => 'image']],
    ['attack 67: an API client', 401, GET => ['Accept' => 'application/json']],
    ['attack 67: an API client with a token', 401, GET => ['Accept' => '*/*', 'Authorization' => 'Bearer abc']],
    ['attack 67: a WebSocket', 401, GET => ['Connection' => 'Upgrade', 'Upgrade' => 'websocket', 'Sec-WebSocket-Version' => '13',
        'Sec-WebSocket-Key' => 'AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-Fetch-Mode' => 'websocket']],
    ['attack 67: a POST', 401, POST => [@html, 'Sec-Fetch-Mode' => 'navigate', 'Content-Type' => 'application/x-www-form-urlencoded']],
    ['attack 67: a PUT', 401, PUT => [@html]],
    ['attack 67: a DELETE', 401, DELETE => [@html]],
    ['attack 67: a CORS preflight', 401, OPTIONS => ['Origin' => 'https://other.example', 'Access-Control-Request-Method' => 'PUT']],
) {
    my ($name, $status, $method, $headers) = @$case;
    subtest $name => sub {
        my $browser = browser();
        my $answer = $browser->request($method, $page, $headers, $method =~ /^P/ ? 'a=<script>' : undef);
        is $answer->code, $status, "status $status";
        ok $answer->decoded_content !~ $PROTECTED, 'nothing protected';
        return if $status == 302;
        is_deeply { $browser->cookies }, {}, 'no cookie';
        is $answer->header('Location'), undef, 'no redirect';
        like $answer->header('WWW-Authenticate'), qr/^PlusAuth\b/, 'WWW-Authenticate says how';
        unlike $answer->decoded_content, qr/<script>/, 'what was posted is not shown';
    };
}

subtest 'a login begins with a visit' => sub {
    for my $path ('login', 'register') {
        my $answer = browser()->request('PUT', "$app/$path");
        is $answer->code, 405, "PUT /$path";
        like $answer->header('Allow') // '', qr/GET/, 'and the answer says so';
    }
};

subtest 'the JSON of a 401' => sub {
    my $answer = browser()->fetch($page);
    is $answer->code, 401, 'refused';
    is $answer->content_type, 'application/json', 'is JSON';
    my $json = json($answer);
    is $json->{error}, 'login_required', 'error';
    like $json->{message}, qr/\w/, 'message';
    like $json->{request_id}, qr/\S/, 'request_id';
    is $json->{location}, "$app/login", 'and where to log in';
    like $answer->header('Cache-Control'), qr/no-store/, 'not to be stored';
    is scalar(grep { $_->{path} =~ /authorize|token/ } calls()), 0, 'the provider was not asked';
};

subtest 'PlusAuthUnauthenticated login: everybody is sent' => sub {
    is browser()->get("$app/u/login/page.html")->code, 302, 'a navigation';
    is browser()->fetch("$app/u/login/page.html")->code, 302, 'a fetch';
};

for my $status (401, 403) {
    subtest "PlusAuthUnauthenticated $status: nobody is sent" => sub {
        for my $how (qw(get fetch)) {
            my $browser = browser();
            my $answer = $browser->$how("$app/u/$status/page.html");
            is $answer->code, $status, "$how: $status";
            is_deeply { $browser->cookies }, {}, 'no cookie';
        }
    };
}

subtest 'PlusAuthUnauthenticated pass: served without a user' => sub {
    my $answer = browser()->get("$app/pass/cgi", 'Authorization' => 'Basic YTpi');
    is $answer->code, 200, 'served';
    my $env = environment($answer);
    is $env->{REMOTE_USER}, undef, 'no user';
    is_deeply [grep { /^PLUSAUTH_CLAIM/ } keys %$env], [], 'no claims';
    my $browser = browser();
    $browser->visit($page);
    $env = environment($browser->get("$app/pass/cgi"));
    is $env->{REMOTE_USER}, 'user-1', 'and with one for who is signed in';
};

subtest 'PlusAuthUnauthenticated pass, and a Require that demands a user all the same' => sub {
    my $browser = browser();
    is $browser->fetch("$app/pass/members/x")->code, 401, 'a script is told';
    is $browser->get("$app/pass/members/x")->code, 302, 'a person is sent to login';
    $browser->visit($page);
    is $browser->get("$app/pass/members/x")->code, 404, 'and gets through when signed in';
};

done_testing;
