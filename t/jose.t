# jose.t: who signed an ID token, and how (RFC 8725, attacks 42 to 51). All claims here are right:
# nothing but the signature's rules stand between these tokens and a session.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Attack;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

refused_all { status => 401, called => '/oauth2/token', uncalled => '/oidc/userinfo' },
    [42, 'alg none', 'jws.alg_none', log => qr/signature/],
    [42, 'alg None', 'jws.alg_None', log => qr/signature/],
    [42, 'alg nOnE', 'jws.alg_nOnE', log => qr/signature/],
    [42, 'alg empty', 'jws.alg_empty', log => qr/signature/],
    [42, 'alg missing', 'jws.alg_missing', log => qr/signature/],
    [42, 'alg a number', 'jws.alg_number', log => qr/signature/],
    [42, 'alg in lower case', 'jws.alg_lower', log => qr/algorithm/],
    [42, 'alg a number with a signature', 'jws.number_signed', log => qr/wrong type/],
    [42, 'alg none with a signature', 'jws.none_signed', log => qr/algorithm/],
    [42, 'an empty signature (a.b.)', 'jws.two_parts_dot'],
    [42, 'no signature (a.b)', 'jws.two_parts'],

    [43, 'HS256 keyed with the RSA key as PEM', 'jws.hs256_rsa_pem'],
    [43, 'HS256 keyed with the RSA key as PEM without its last line end', 'jws.hs256_rsa_pem_trimmed'],
    [43, 'HS256 keyed with the RSA key as PKCS#1', 'jws.hs256_rsa_pkcs1'],
    [43, 'HS256 keyed with the RSA key as DER', 'jws.hs256_rsa_der'],
    [43, 'HS256 keyed with the RSA key as JWK', 'jws.hs256_rsa_jwk'],
    [43, 'HS256 keyed with the RSA modulus', 'jws.hs256_rsa_modulus'],
    [43, 'HS256 keyed with the EC key as PEM', 'jws.hs256_ec_pem'],
    [43, 'HS256 keyed with the EC key as DER', 'jws.hs256_ec_der'],
    [43, 'HS256 keyed with nothing', 'jws.hs256_empty'],
    [44, 'HS256 keyed with the client secret', 'jws.hs256_secret'],
    [44, 'HS512 keyed with the client secret', 'jws.hs512_secret'],
    [44, 'ES256 by a genuine key where RS256 is pinned', 'jws.genuine_ES256', at => 'pinned'],
    [44, 'PS256 by a genuine key where RS256 is pinned', 'jws.genuine_PS256', at => 'pinned'],
    [44, 'RS512 by a genuine key where RS256 is pinned', 'jws.genuine_RS512', at => 'pinned'],
    [44, 'RS256 where HS256 is pinned', [], at => 'hs256'],
    [44, 'HS512 where HS256 is pinned', 'jws.hs512_secret', at => 'hs256'],

    [45, 'signed by somebody else', 'jws.attacker'],
    [45, 'jwk in the header', 'jws.header_jwk'],
    [45, 'jwk in the header, no kid', 'jws.header_jwk_no_kid'],
    [45, 'jku in the header', 'jws.header_jku'],
    [45, 'x5u in the header', 'jws.header_x5u'],
    [45, 'x5c in the header', 'jws.header_x5c'],

    [46, 'crit names what nobody knows', 'jws.crit_unknown', log => qr/critical/],
    [46, 'crit empty', 'jws.crit_empty', log => qr/critical/],
    [46, 'crit a number', 'jws.crit_number', log => qr/critical/],
    [46, 'b64 false', 'jws.b64_false', log => qr/critical/],
    [46, 'b64 false without crit', 'jws.b64_without_crit', log => qr/critical/],

    [47, 'kid a path', 'jws.kid_path'],
    [47, 'kid of 10 kB', 'jws.kid_long', log => qr/\bkid\b/],
    [47, 'kid with NUL', 'jws.kid_nul'],
    [47, 'kid a number', 'jws.kid_number'],
    [48, 'kid of a key of another type', 'jws.kid_other'],
    [48, 'RS384 by a key that is for RS256', 'jws.genuine_RS384'],
    [48, 'PS512 by a key that is for PS256', 'jws.genuine_PS512'],

    [49, 'ECDSA with r = s = 0', 'jws.ec_zero'],
    [49, 'ECDSA with r = s = n', 'jws.ec_order'],
    [49, 'ECDSA without signature', 'jws.ec_empty'],
    [49, 'ECDSA in DER', 'jws.ec_der'],
    [49, 'ES256 with a signature by P-384', 'jws.ec_other_curve'],
    [49, 'ES256 by a P-384 key', 'jws.ec_p384_key'],
    [49, 'ES256 with the kid of an RSA key', 'jws.ec_with_rsa_kid'],
    [49, 'Ed25519 signature a byte short', 'jws.ed_short'],
    [49, 'RSA signature empty', 'jws.rsa_empty'],
    [49, 'RSA signature with one bit changed', 'jws.rsa_flipped'],
    [49, 'RS256 by SHA-1', 'jws.rsa_sha1'],
    [49, 'RS256 padded as PS256', 'jws.rsa_as_pss'],
    [49, 'claims changed after signing', 'jws.payload_swapped'],

    [50, 'JSON serialisation', 'jws.json_serialisation'],
    [50, 'four parts', 'jws.four_parts'],
    [50, 'six parts', 'jws.six_parts'],
    [50, 'base64 padding', 'jws.padded'],
    [50, 'a space before', 'jws.space_before'],
    [50, 'a line end after', 'jws.newline_after'],
    [50, 'a space inside', 'jws.space_inside'],
    [50, 'the alphabet of plain base64', 'jws.standard_base64'],
    [50, 'unused bits that are set', 'jws.uncanonical'],
    [50, 'nothing but dots', 'jws.dots'],
    [50, 'a header that is an array', 'jws.header_array'],
    [50, 'alg said twice', 'jws.header_twice'],
    [50, '200 kB', 'jws.long', status => qr/^(?:401|502)$/];

accepted 44, "$_ by its own key", "jws.genuine_$_"
    for qw(RS256 PS256 ES256 ES384 ES512 EdDSA Ed25519 Ed448);
my $edwards = PlusAuth::Site->new('edwards', config => "PlusAuthSigningAlgs EdDSA\n")->start;
accepted 44, "$_ where EdDSA is named (RFC 9864)", "jws.genuine_$_", site => $edwards for qw(EdDSA Ed25519 Ed448);
accepted 44, 'RS256 where it is pinned', [], at => 'pinned';
accepted 44, 'HS256 with the client secret, where that is configured', 'jws.hs256_secret',
    at => 'hs256';
accepted 48, 'a token without kid', 'jws.kid_missing';

accepted undef, "encrypted to us: $_", "jwe.$_", at => 'encrypted' for qw(rsa rsa_sha1 ecdh);
accepted undef, "encrypted by the client secret (OpenID Connect Core 10.2): $_", "jwe.$_" for qw(A128KW A192KW A256KW);

refused_all { status => 401, at => 'encrypted', called => '/oauth2/token', uncalled => '/oidc/userinfo' },
    (map { [51, "encrypted: $_->[0]", "jwe.$_->[1]", log => $_->[2]] }
        ['RSA1_5', 'rsa1_5', qr/\(alg\) is not an allowed one/],
        ['an alg that nobody knows', 'alg_unknown', qr/\(alg\) is not an allowed one/],
        ['alg none', 'alg_none', qr/\(alg\) is not an allowed one/],
        ['alg a number', 'alg_number', qr/names no alg/],
        ['PBES2 with p2c 10^9', 'pbes2', qr/\(alg\) is not an allowed one/],
        ['an enc that nobody knows', 'enc_unknown', qr/\(enc\) is not an allowed one/],
        ['no enc', 'enc_missing', qr/no enc/],
        ['four megabytes of nothing, deflated', 'zip', qr/compressed/],
        ['crit', 'crit', qr/critical/],
        ['as JSON', 'json_serialisation'],
        ['an unsigned token inside', 'inner_unsigned', qr/signature|algorithm|signed/],
        ['claims inside', 'inner_claims'],
        ['a token by somebody else inside', 'inner_attacker', qr/signature/],
        ['an encrypted token inside', 'inner_encrypted', qr/encrypted/],
        # RFC 7516 11.5: of whatever is wrong in decrypting, the log says the same.
        map { [@$_, qr/the encrypted token does not open$/] }
            ['dir with a key of somebody\'s', 'dir'], ['dir with our public key', 'dir_public'],
            (map { ["$_ with another secret", "${_}_other"] } qw(A128KW A192KW A256KW)),
            ['to another key', 'other_key'], ['its key changed', 'key_changed'], ['its IV changed', 'iv_changed'],
            ['no IV', 'iv_empty'], ['its text changed', 'text_changed'], ['its tag changed', 'tag_changed'],
            ['its tag cut', 'tag_short'], ['no tag', 'tag_empty'], ['its header changed', 'header_changed'],
            ['an epk that is not on its curve', 'epk_off_curve'], ['an epk of zeros', 'epk_zero'],
            ['an epk of another curve', 'epk_other_curve'], ['no epk', 'epk_missing']);

done_testing;
