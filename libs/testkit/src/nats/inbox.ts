/** Inboxes: every user has its own prefix, so that no user can listen to another one's replies. */

/** The prefix that a client of this user is connected with. */
export function inboxPrefix(user: string): string {
  return `_INBOX_${user}`;
}

/** Everything below it, as a permission. */
export function inboxOf(user: string): string {
  return `${inboxPrefix(user)}.>`;
}
