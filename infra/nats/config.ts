/** The users of a cell's nats-server, each with a random password and the least rights. */
import { randomBytes } from 'node:crypto';
import { WritError } from '@writ/contracts';
import type { NatsUser } from '@writ/testkit';
import { permissionsOf } from './permissions.ts';
import { userOf } from './principals.ts';
import type { Principal } from './principals.ts';

const PASSWORD_BYTES = 24;

/**
 * One user for each principal, to be rendered with `natsConfig`.
 * @throws WritError `duplicate-user` when two principals have the same user name
 */
export function usersOf(principals: readonly Principal[]): NatsUser[] {
  const users = new Map<string, NatsUser>();
  for (const principal of principals) {
    const user = userOf(principal);
    if (users.has(user)) {
      throw new WritError(
        'duplicate-user',
        `two principals have the user name ${user}: rename one tenant, agent or approver`,
      );
    }
    const password = randomBytes(PASSWORD_BYTES).toString('base64url');
    users.set(user, { user, password, permissions: permissionsOf(principal, principals) });
  }
  return [...users.values()];
}
