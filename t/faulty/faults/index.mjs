// index.mjs: every fault by its name, GROUP.NAME. A fault is a table of hooks (see provider.mjs);
// each hook gets the value that would go out, and changes it or returns another.
import { authorize } from './authorize.mjs';
import { claims } from './claims.mjs';
import { discovery } from './discovery.mjs';
import { dpop, jar, par } from './fapi.mjs';
import { jarm } from './jarm.mjs';
import { jwe } from './jwe.mjs';
import { jws } from './jws.mjs';
import { jwks } from './jwks.mjs';
import { logout } from './logout.mjs';
import { revocation } from './revocation.mjs';
import { token } from './token.mjs';
import { userinfo } from './userinfo.mjs';

const groups = { authorize, claims, discovery, dpop, jar, jarm, jwe, jwks, jws, logout, par, revocation, token, userinfo };

export const faults = Object.fromEntries(Object.entries(groups).flatMap(
    ([group, table]) => Object.entries(table).map(([name, fault]) => [`${group}.${name}`, fault])));
