# Runs the worker of one service. Build it in the service's folder, after compiling the service to dist/:
#   docker build --file worker.Dockerfile --tag my-service .
FROM node:20-slim
WORKDIR /service
ENV NODE_ENV=production

COPY package.json package-lock.json ./
RUN npm ci --omit=dev && npm cache clean --force
COPY . .

USER node
# The command itself and not npx, so that SIGTERM reaches the worker, which then drains.
CMD ["node_modules/.bin/lightbus", "run", "--bus", "dist/bus.js"]
