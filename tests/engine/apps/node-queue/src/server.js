const express = require('express')
const { open } = require('./stores')

async function main() {
  const stores = await open()
  const app = express()
  app.use(express.json())

  app.get('/healthz', async (req, res) => {
    const { items } = await stores.list()
    res.json({ ok: true, items: items.length })
  })
  app.get('/items', async (req, res) => res.json(await stores.list()))
  app.post('/items', async (req, res) => {
    await stores.add(String(req.body.name))
    res.status(201).end()
  })

  const server = app.listen(process.env.PORT || 3000)
  process.on('SIGTERM', () => {
    server.close(() => stores.close().then(() => process.exit(0)))
    server.closeIdleConnections()
  })
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
