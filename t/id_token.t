# id_token.t: what an ID token may say (OpenID Connect Core 3.1.3.7, attacks 32 to 39). All tokens here
# are genuine: nothing but the rule in question stands between them and a session.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Attack;
use PlusAuth::Test;
use Test::More;

accepted undef, 'without a fault the login works', [];

refused_all { status => 401, called => '/oauth2/token' },
    [32, 'iss with a trailing slash', 'claims.iss_slash', log => qr/\biss\b/],
    [32, 'iss in another case', 'claims.iss_case', log => qr/\biss\b/],
    [32, 'iss with another port', 'claims.iss_port', log => qr/\biss\b/],
    [32, 'iss with an embedded NUL', 'claims.iss_nul'],
    [32, 'iss of another provider', 'claims.iss_other', log => qr/\biss\b/],
    [32, 'iss missing', 'claims.iss_missing', log => qr/\biss\b/],
    [32, 'iss a number', 'claims.iss_number', log => qr/\biss\b/],

    [33, 'aud missing', 'claims.aud_missing', log => qr/\baud\b/],
    [33, 'aud an empty array', 'claims.aud_empty', log => qr/\baud\b/],
    [33, 'aud a number', 'claims.aud_number', log => qr/\baud\b/],
    [33, 'aud of another client', 'claims.aud_other', log => qr/\baud\b/],
    [33, 'aud begins as our client', 'claims.aud_prefix', log => qr/\baud\b/],
    [33, 'aud an array in an array', 'claims.aud_nested', log => qr/\baud\b/],
    [33, 'aud of two without azp', 'claims.aud_two', log => qr/\baz[p]\b/],
    [33, 'aud of two, azp of another', 'claims.azp_other_two', log => qr/\bazp\b/],
    [33, 'one aud, azp of another', 'claims.azp_other', log => qr/\bazp\b/],
    [33, 'azp a number', 'claims.azp_number', log => qr/\bazp\b/],

    [34, 'exp missing', 'claims.exp_missing', log => qr/\bexp\b/],
    [34, 'exp past', 'claims.exp_past', log => qr/\bexp|expired/],
    [34, 'exp a string', 'claims.exp_string', log => qr/\bexp\b/],
    [34, 'exp past, with a fraction', 'claims.exp_past_float', log => qr/\bexp\b/],
    [34, 'exp 1e999', 'claims.exp_1e999', log => qr/\bexp\b/],
    [34, 'exp of twenty digits', 'claims.exp_digits', log => qr/\bexp\b/],
    [34, 'iat 1e999', 'claims.iat_1e999', log => qr/\biat\b/],
    [34, 'auth_time a string', 'claims.auth_time_string', log => qr/\bauth_time\b/],
    [34, 'exp negative', 'claims.exp_negative', log => qr/\bexp\b/],
    [34, 'exp 2^63', 'claims.exp_2_63'],
    [34, 'exp 1e308', 'claims.exp_1e308'],
    [34, 'exp null', 'claims.exp_null', log => qr/\bexp\b/],
    [34, 'nbf in the future', 'claims.nbf_future', log => qr/\bnbf\b/],
    [34, 'nbf a string', 'claims.nbf_string', log => qr/\bnbf\b/],
    [34, 'iat missing', 'claims.iat_missing', log => qr/\biat\b/],
    [34, 'iat in the future', 'claims.iat_future', log => qr/\biat\b/],
    [34, 'iat a string', 'claims.iat_string', log => qr/\biat\b/],

    [35, 'sub missing', 'claims.sub_missing', log => qr/\bsub\b/],
    [35, 'sub empty', 'claims.sub_empty', log => qr/\bsub\b/],
    [35, 'sub a number', 'claims.sub_number', log => qr/\bsub\b/],
    [35, 'sub null', 'claims.sub_null', log => qr/\bsub\b/],
    [35, 'sub of 256 bytes', 'claims.sub_long', log => qr/\bsub\b/],
    [35, 'sub with control characters', 'claims.sub_control', log => qr/\bsub\b/],
    [35, 'sub with an embedded NUL', 'claims.sub_nul'],

    [36, 'nonce missing', 'claims.nonce_missing', log => qr/\bnonce\b/],
    [36, 'nonce an array', 'claims.nonce_array', log => qr/\bnonce\b/],
    [36, 'nonce in another case', 'claims.nonce_case', log => qr/\bnonce\b/],
    [36, 'nonce of another login', 'claims.nonce_other', log => qr/\bnonce\b/],
    [36, 'nonce empty', 'claims.nonce_empty', log => qr/\bnonce\b/],
    [36, 'nonce cut short', 'claims.nonce_prefix', log => qr/\bnonce\b/],

    [37, 'at_hash of another token', 'claims.at_hash_wrong', log => qr/\bat_hash\b/],
    [37, 'at_hash of the whole digest', 'claims.at_hash_long', log => qr/\bat_hash\b/],
    [37, 'at_hash by the wrong digest', 'claims.at_hash_sha512', log => qr/\bat_hash\b/],
    [37, 'at_hash a number', 'claims.at_hash_number', log => qr/\bat_hash\b/],

    [33, 'aud with an embedded NUL', 'claims.aud_nul', log => qr/\baud\b/],
    [33, 'aud a number of twenty digits', 'claims.aud_digits', log => qr/\baud\b/],
    [33, 'azp with an embedded NUL', 'claims.azp_nul', log => qr/\bazp\b/],
    [35, 'sub a number of twenty digits', 'claims.sub_digits', log => qr/\bsub\b/],
    [36, 'nonce with an embedded NUL', 'claims.nonce_nul', log => qr/\bnonce\b/],
    [36, 'nonce a number of twenty digits', 'claims.nonce_digits', log => qr/\bnonce\b/],
    [39, 'sub said twice', 'claims.sub_twice', log => qr/twice/],
    [39, 'sub said twice, once with an escape', 'claims.sub_escaped_twice', log => qr/twice/],
    [39, 'exp said twice, once with a fraction', 'claims.exp_twice_float', log => qr/twice/],
    [39, 'a claim in a claim said twice', 'claims.nested_twice', log => qr/twice/],
    [39, 'invalid UTF-8', 'claims.utf8_invalid'],
    [39, 'a lone surrogate', 'claims.surrogate'],
    [39, 'data after the object', 'claims.trailing'],
    [39, 'claims in an array', 'claims.payload_array'],
    [39, 'claims that are no JSON', 'claims.payload_text'],
    [61, 'a logout token in place of an ID token', 'claims.logout_token', log => qr/logout token/];

accepted 33, 'aud an array of us alone', 'claims.aud_array';
accepted 33, 'azp that is us', 'claims.azp_ours';
accepted 34, 'exp 20 seconds ago: clocks differ', 'claims.exp_just_past';
accepted 34, 'nbf in 20 seconds: clocks differ', 'claims.nbf_near';
accepted 34, 'iat in 20 seconds: clocks differ', 'claims.iat_near';
accepted 34, 'dates with fractions (RFC 7519 section 2)', 'claims.dates_float';
accepted 34, 'exp with a fraction', 'claims.exp_float';
accepted 34, 'exp with an exponent', 'claims.exp_exponent';
accepted 34, 'auth_time null is as good as absent', 'claims.auth_time_null';
accepted undef, 'optional claims that are null', 'claims.nulls';
accepted 39, "$_ said twice with one value is harmless", "claims.${_}_again" for qw(iss sub aud exp nonce nested);
accepted undef, 'numbers beyond 64 bits in claims', 'claims.big_numbers';
accepted undef, 'NUL in claims that no rule reads', 'claims.nul';
accepted 37, 'no at_hash', 'claims.at_hash_missing';

done_testing;
