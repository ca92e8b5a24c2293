const amqp = require('amqplib')
const Redis = require('ioredis')
const mysql = require('mysql2/promise')

const QUEUE = 'parcels'

async function open() {
  const pool = mysql.createPool(process.env.DATABASE_URL)
  await pool.query('create table if not exists items (id int auto_increment primary key, name varchar(200) not null)')
  const broker = await amqp.connect(process.env.AMQP_URL)
  broker.on('close', () => process.exit(1))
  const channel = await broker.createConfirmChannel()
  await channel.assertQueue(QUEUE, { durable: true })
  const cache = new Redis(process.env.REDIS_URL)

  return {
    async add(name) {
      await pool.query('insert into items (name) values (?)', [name])
      channel.sendToQueue(QUEUE, Buffer.from(name), { persistent: true })
      await channel.waitForConfirms()
      return cache.incr('taken')
    },
    async list() {
      const [items] = await pool.query('select name from items order by id')
      const { messageCount } = await channel.checkQueue(QUEUE)
      return { items, waiting: messageCount, taken: Number(await cache.get('taken')) }
    },
    async close() {
      broker.removeAllListeners('close')
      await Promise.allSettled([pool.end(), broker.close(), cache.quit()])
    },
  }
}

module.exports = { open }
