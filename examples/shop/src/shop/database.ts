import Database from 'libsql'

const tables = `
  CREATE TABLE IF NOT EXISTS products (
    sku TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL,
    price_cents INTEGER NOT NULL, previous_price_cents INTEGER,
    floor_cents INTEGER NOT NULL, list_price_cents INTEGER NOT NULL,
    followed_at_ms INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE IF NOT EXISTS competitor_prices (
    event_id TEXT PRIMARY KEY, sku TEXT NOT NULL, competitor TEXT NOT NULL,
    price_cents INTEGER NOT NULL, observed_at_ms INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS thumbnails (
    sku TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, jpeg BLOB NOT NULL,
    PRIMARY KEY (sku, width)
  );
  INSERT OR IGNORE INTO products (sku, name, description, price_cents, floor_cents, list_price_cents) VALUES
    ('teapot',  'Round teapot',   'Stoneware, one litre, pours without dripping.',     4900,  3200,  4900),
    ('kettle',  'Gooseneck kettle', 'Steel, slow spout, for the patient.',             8900,  6500,  8900),
    ('mug',     'Everyday mug',   'Holds 300 ml and survives the dishwasher.',         1450,   900,  1450),
    ('grinder', 'Hand grinder',   'Ceramic burrs, twenty settings, no cable.',        12900,  9900, 12900);
`

let database: Database.Database | undefined

/** The shop's database, opened on first use in the file SHOP_DATABASE; worker and website share it as two processes. */
function opened(): Database.Database {
  if (database) return database
  const path = process.env['SHOP_DATABASE']
  if (!path) throw new Error('SHOP_DATABASE is not set: give it the path of the database file')
  database = new Database(path, { timeout: 5_000 })
  database.exec('PRAGMA journal_mode = WAL')
  database.exec(tables)
  return database
}

export function sql(text: string): Database.Statement {
  return opened().prepare(text)
}

/** All of the work or none of it; holds the write lock from the beginning. */
export function inTransaction<T>(work: () => T): T {
  opened().exec('BEGIN IMMEDIATE')
  try {
    const value = work()
    opened().exec('COMMIT')
    return value
  } catch (error) {
    opened().exec('ROLLBACK')
    throw error
  }
}

export function closeDatabase(): void {
  database?.close()
  database = undefined
}
