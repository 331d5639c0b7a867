# story.t: LogLevel plusauth:debug tells a login, a logout and a refused request step by step; at the
# default level nothing of it is written. That no credential is in it is for secrets.t to hold.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

# Whether the lines come in this order.
sub told {
    my ($log, @steps) = @_;
    my $at = 0;
    for my $step (@steps) {
        pos($log) = $at;
        ok $log =~ /$step/g, "told: $step" or return diag substr $log, $at;
        $at = pos $log;
    }
    return;
}

faults();
my $site = PlusAuth::Site->new('story')->start; # at debug
my $browser = browser();
my $mark = $site->log_mark;

subtest 'a login' => sub {
    is $browser->visit($site->page)->code, 200, 'signed in';
    told($site->log_since($mark),
        qr{nobody is signed in for /app/page\.html: the browser sent no session cookie; cookies of ours: none; Require demands a user},
        qr{asked GET http://127\S+/\.well-known/openid-configuration: status 200 after \d+ ms, "application/json", \d+ bytes},
        qr{the authorization request to http://127\S+/authorize has .*\bstate\b.*\bnonce\b.*\bcode_challenge\b},
        qr{login at the provider http://127\S+ begins, and will return to /app/page\.html},
        qr{our own path /login/callback, method GET, cookies of ours: plusauth-login-\d},
        qr{the provider's answer has .*\bcode\b.*\bstate\b},
        qr{its state is that of a login which this browser began \d+ seconds ago},
        qr{the client authenticates with client_secret_basic},
        qr{asked POST http://127\S+/token: status 200 after \d+ ms},
        qr{the token response has .*\baccess_token\b.*\bid_token\b},
        qr{ID token: alg RS256, with a kid},
        qr{the ID token has .*\biss\b},
        qr{asked GET http://127\S+/jwks\S*: status 200 after \d+ ms},
        qr{ID token: its signature and these rules hold: alg, .*nonce},
        qr{asked GET http://127\S+/userinfo: status 200},
        qr{userinfo, whose sub is the ID token's, has .*\bsub\b},
        qr{session: sub of \d+ bytes}, qr{signed in: session});
};

subtest 'a session that has ended' => sub {
    my $other = $browser->clone;
    $mark = $site->log_mark;
    $browser->get($site->url('/logout'), site => 'same-origin');
    told($site->log_since($mark), qr{our own path /logout, method GET, cookies of ours: plusauth\b},
        qr{logout: the session has ended here}, qr{signed out \(user\)},
        qr{the browser goes on to http://127\S+ with client_id});
    $mark = $site->log_mark;
    $other->get($site->page);
    told($site->log_since($mark), qr{the session that the browser's cookie names has ended or is not known here});
};

subtest 'a login that is refused' => sub {
    $mark = $site->log_mark;
    faults('token.reset');
    browser()->visit($site->page);
    faults('claims.aud_other');
    browser()->visit($site->page);
    faults();
    browser()->get($site->url('/login/callback?error=invalid_request_object'));
    told($site->log_since($mark), qr{asked POST http://127\S+/token: no answer after \d+ ms: \S},
        qr{the ID token has .*\baud\b}, qr{aud does not name our client_id},
        qr{callback refused: .*; the answer says error=invalid_request_object});
};

subtest 'at the default level there is nothing of it' => sub {
    my $quiet = PlusAuth::Site->new('story-quiet', config => "LogLevel warn\n")->start;
    my $reader = browser();
    is $reader->visit($quiet->page)->code, 200, 'signed in';
    $reader->get($quiet->url('/logout'), site => 'same-origin');
    unlike $quiet->log_since(0), qr/asked|ID token|cookies of ours|logout:/, 'no step is in the log';
};

done_testing;
