// A click on a notification that this worker showed: it leads back to the page.

/**
 * Focuses the window that the notification is of, else the page's window that had the focus last; where the page is open
 * nowhere any more it is opened at the address that the notification has. `home` is what the page's addresses begin with.
 */
export async function leadBack(clients: Clients, notification: Notification, home: string): Promise<void> {
  notification.close();
  const data: unknown = notification.data;
  const address = typeof data === "string" && data.startsWith(home) ? data : home;
  // A window that was open before this worker came is under none.
  const open = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const ofPage = open.filter(({ url }) => url.startsWith(home));
  const window = ofPage.find(({ url }) => url === address) ?? ofPage[0];
  await (window === undefined ? clients.openWindow(address) : window.focus());
}
