# keys.t: key sets that try to have the wrong key used, are no key sets, or change (attacks 47 to 52, 54).
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Attack;
use PlusAuth::Test;
use Test::More;

refused_all { status => 401, called => '/jwks' },
    (map { [$_->[0], $_->[1], [], at => "jwks.$_->[2]"] }
        [48, 'the key is for encryption (use)', 'use_enc'],
        [48, 'the key is for encryption (key_ops)', 'key_ops'],
        [48, 'the key is for another algorithm', 'alg_other'],
        [49, 'an RSA key of 1024 bits', 'rsa_1024'],
        [49, 'an RSA key with e = 1 and the signature anybody can make', 'rsa_e1'],
        [52, 'a key published with its private members', 'private_members'],
        [52, 'no keys', 'empty']);

refused 52, 'a symmetric key in the set, and HS256', [], at => 'jwks.oct_hs256';

refused_all { status => 502, called => '/jwks', uncalled => '/oidc/userinfo' },
    (map { [$_->[0], $_->[1], [], at => "jwks.$_->[2]"] }
        [52, 'no member keys', 'no_member'],
        [52, 'keys an object', 'keys_object'],
        [52, 'a set of 50 MB', 'huge'],
        [52, 'HTML in place of a set', 'html'],
        [52, 'an error in place of a set', 'status_500'],
        [53, 'a set that redirects', 'redirect']);

accepted undef, "a key set that is served as $_->[0]", [], at => "jwks.$_->[1]" for ['text/plain', 'text_plain'],
    ['application/octet-stream', 'octet_stream'];
accepted 48, 'decoys with the same kid', [], at => 'jwks.decoys';
accepted 48, 'key_ops verify', [], at => 'jwks.key_ops_verify';
accepted 48, 'a key that says nothing of itself', 'jws.kid_missing', at => 'jwks.no_kid_no_alg';
accepted 52, 'unknown, broken and secret keys beside the right one', [], at => 'jwks.zoo';
refused 52, 'ten thousand keys', [], at => 'jwks.many', status => qr/^(?:401|502)$/;

subtest 'attack 47: a flood of unknown kids fetches the keys once more, not each time' => sub {
    faults('jws.kid_unknown');
    my $url = site('attack') . '/p/flood/page.html';
    my %codes;
    $codes{ browser()->visit($url)->code }++ for 1 .. 100;
    is_deeply \%codes, { 401 => 100 }, 'every login is refused';
    my $fetches = calls_to('/jwks');
    cmp_ok $fetches, '<=', 2, "$fetches fetches";
    faults();
    is browser()->visit($url)->code, 200, 'a genuine login works meanwhile';
};

subtest 'attack 54: keys roll over in the middle of a login' => sub {
    my $url = site('attack') . '/p/rollover/page.html';
    faults();
    is browser()->visit($url)->code, 200, 'the first login, with the old key';
    is scalar calls_to('/jwks'), 1, 'one fetch';
    my $browser = browser();
    my $callback = $browser->until($url, qr{/login/callback});
    faults('jwks.rolled');
    is $browser->visit($callback)->code, 200, 'the login under way ends well, with the new key';
    is scalar calls_to('/jwks'), 1, 'one more fetch';
    faults('jwks.rolled');
    is browser()->visit($url)->code, 200, 'so does the next';
    is scalar calls_to('/jwks'), 0, 'without a fetch';
    faults();
};

done_testing;
