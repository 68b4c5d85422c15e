import { describe, expect, it } from 'vitest';
import { natsConfig } from './config.ts';
import { isRecentEnough } from './version.ts';

describe('a nats-server configuration', () => {
  const plain = { host: '127.0.0.1', port: -1, storeDir: '/tmp/store' };

  it('without users: anyone may do anything, nothing optional is set', () => {
    expect(JSON.parse(natsConfig(plain))).toEqual({
      host: '127.0.0.1',
      port: -1,
      jetstream: { store_dir: '/tmp/store' },
    });
  });

  it('with a user: he may do what is listed and listen to his own inbox', () => {
    const ann = { user: 'ann', password: 'x', permissions: { publish: ['a.>'], subscribe: ['b'] } };
    expect(JSON.parse(natsConfig({ ...plain, users: [ann] }))).toMatchObject({
      authorization: {
        users: [
          {
            user: 'ann',
            permissions: { publish: { allow: ['a.>'] }, subscribe: { allow: ['b', '_INBOX_ann.>'] } },
          },
        ],
      },
    });
  });
});

describe('a nats-server version', () => {
  it.each([
    ['2.9.10', false],
    ['2.11.9', false],
    ['2.12.0', true],
    ['2.15.1', true],
    ['3.0.0', true],
  ])('%s: recent enough is %s', (version, expected) => expect(isRecentEnough(version)).toBe(expected));
});
