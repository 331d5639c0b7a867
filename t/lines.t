# lines.t: what a line in the log says of a failed login: what was met, what was wanted, and which
# directive an administrator has to look at (site-owner D14, integration 23, providers 3 and 9).
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

my $attack = site('attack');

# [fault, what the line has]
my @cases = (
    ['claims.iss_other', qr/iss is not the issuer \(it is "https?:[^"]+", and the provider's issuer is http:/],
    ['claims.aud_other', qr/aud does not name our client_id \(it is .+, and PlusAuthClientID is client\)/],
    ['claims.exp_past', qr/exp has passed \(\d+ seconds ago: is the clock/],
    ['claims.iat_future', qr/iat is in the future \(\d+ seconds from now: is the clock/],
    ['claims.nbf_future', qr/nbf is in the future \(\d+ seconds from now: is the clock/],
    ['token.type_mac', qr/token_type is not Bearer \(it is "mac"\)/],
    ['token.id_token_number', qr/id_token is no string or empty \(it is a number\)/],
    ['token.invalid_client', qr/PlusAuthClientSecret; and at the provider .*"Token Endpoint Authentication Method" must be client_secret_basic/],
    ['authorize.iss_wrong', qr{it is https://evil\.example, and this login's issuer is http://127}],
);
for my $case (@cases) {
    my ($fault, $line) = @$case;
    subtest $fault => sub {
        faults($fault);
        my $mark = log_mark();
        cmp_ok browser()->visit("$attack/app/page.html")->code, '>=', 400, 'refused';
        like log_since($mark), $line, 'the line says it';
        faults();
    };
}

sub refusal_of {
    my ($name, $issuer) = @_;
    my $site = PlusAuth::Site->new($name, provider => "PlusAuthIssuer $issuer\nPlusAuthClientID client\nPlusAuthClientSecret @{['s' x 64]}\n")->start;
    is browser()->get($site->page)->code, 503, 'no login';
    return $site->log_since(0);
}

my $provider = 'http://127.0.0.1:' . vars('faulty_port');
subtest 'an issuer that is not the provider\'s: both are named' => sub {
    my $log = refusal_of('lines-slash', "$provider/i/discovery.issuer_slash");
    like $log, qr{issuer is http://127\S+/, which is not the http://127\S+\w that is configured: PlusAuthIssuer}, 'the one that it has, and ours';
};
subtest 'no discovery document there: the directive is named' => sub {
    like refusal_of('lines-404', "$provider/nothing/here"), qr{status 404\. PlusAuthIssuer \(AUTH_URL\) is http:}, 'PlusAuthIssuer';
};
subtest 'nobody listens: the directives are named' => sub {
    like refusal_of('lines-refused', 'http://127.0.0.1:' . PlusAuth::Site::free_port()), qr/Check that PlusAuthIssuer .*PlusAuthHTTPProxy.*PlusAuthCAFile/, 'PlusAuthIssuer and the rest';
};
subtest 'the address of the discovery document is no issuer' => sub {
    my $site = PlusAuth::Site->new('lines-document', provider => "PlusAuthIssuer $provider/i/x/.well-known/openid-configuration\nPlusAuthClientID client\n");
    $site->_write;
    my $said = qx('@{[vars('httpd')]}' -t -d '@{[$site->directory]}' -f '@{[$site->directory]}/httpd.conf' 2>&1);
    isnt $?, 0, 'configtest refuses it';
    like $said, qr{PlusAuthIssuer.*write what stands in front of /\.well-known}, 'and says what to write';
};

done_testing;
