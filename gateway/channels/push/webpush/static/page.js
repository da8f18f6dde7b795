// Subscribes this browser to the notifications of one person.
'use strict';

(() => {
  const page = document.getElementById('push');
  const { path, key, lang } = page.dataset;

  const show = (name) => {
    for (const part of page.querySelectorAll('[data-when]')) {
      part.hidden = !part.dataset.when.split(' ').includes(name);
    }
  };

  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
    return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
  };

  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, '-')
      .replace(/\//g, '_')
      .replace(/=+$/, '');

  const usesOurKey = (subscription) => {
    const used = subscription.options && subscription.options.applicationServerKey;
    return !used || text(used) === key;
  };

  // The address of a subscription is a secret: the page knows the digest alone.
  const listed = async (subscription) => {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(subscription.endpoint));
    return page.querySelector(`[data-browser="${text(digest)}"]`);
  };

  const subscribeAt = async (worker) => {
    const old = await worker.pushManager.getSubscription();
    if (old && usesOurKey(old)) return old;
    if (old) await old.unsubscribe();
    return worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  };

  const send = (subscription) =>
    fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        endpoint: subscription.endpoint,
        p256dh: text(subscription.getKey('p256dh')),
        auth: text(subscription.getKey('auth')),
        server_key: key,
      }),
    });

  const subscribe = async () => {
    if ((await Notification.requestPermission()) !== 'granted') return show('denied');
    const worker = await navigator.serviceWorker.register('/push/worker.js', { updateViaCache: 'none' });
    await navigator.serviceWorker.ready;
    let subscription = await subscribeAt(worker);
    let answer = await send(subscription);
    if (answer.status === 409) {
      // Somebody else subscribed this browser, or the key changed: a new subscription is neither's.
      await subscription.unsubscribe();
      subscription = await subscribeAt(worker);
      answer = await send(subscription);
    }
    if (answer.ok) return location.replace(`${path}?lang=${lang}`);
    return show({ 404: 'ended', 422: 'full' }[answer.status] || 'failed');
  };

  const begin = async () => {
    if (!('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window)) {
      return show('missing');
    }
    if (Notification.permission === 'denied') return show('denied');
    const worker = await navigator.serviceWorker.getRegistration('/push/');
    const subscription = worker && (await worker.pushManager.getSubscription());
    const line = subscription && (await listed(subscription));
    if (!line || !usesOurKey(subscription)) return show('ready');
    line.querySelector('.this').hidden = false;
    return show('here');
  };

  for (const button of page.querySelectorAll('button[data-subscribe]')) {
    button.addEventListener('click', () => {
      button.disabled = true;
      subscribe()
        .catch(() => show('failed'))
        .finally(() => { button.disabled = false; });
    });
  }
  begin().catch(() => show('missing'));
})();
