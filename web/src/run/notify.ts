// Shows a notification, in whichever of two ways the browser has.

/** Shows it where the browser allows it. The tab's title tells the same, so a failure is no problem. */
export async function notify(title: string, body: string): Promise<void> {
  // A later one takes the place of the one before.
  const options: NotificationOptions = { body, tag: "ofa-run" };
  try {
    // First: a click on such a one leads back to the tab.
    new Notification(title, options);
    return;
  } catch {
    // Chrome on Android shows notifications of service workers alone.
  }
  try {
    const registration = await navigator.serviceWorker.getRegistration();
    if (registration !== undefined) {
      await (await navigator.serviceWorker.ready).showNotification(title, options);
    }
  } catch {
    // The system shows none.
  }
}
