// Shows the notifications that the gateway pushes, and opens their records.
'use strict';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

const read = (data) => {
  try {
    return data.json();
  } catch (error) {
    return {};
  }
};

// Browsers require that every push is shown, also one that cannot be read.
self.addEventListener('push', (event) => {
  const said = read(event.data);
  const tag = said.tag || 'unreadable';
  event.waitUntil(
    self.registration.showNotification(said.title || 'New notification / 新通知', {
      body: said.body || '',
      tag,
      lang: said.lang || 'en',
      renotify: said.renotify !== false,
      requireInteraction: Boolean(said.stays),
      actions: said.actions || [],
      data: { link: said.link || '' },
    }),
  );
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { link } = event.notification.data || {};
  if (link) event.waitUntil(self.clients.openWindow(link));
});
