// Prints the subjects in an INBOX, with JavaMail. Arguments: follow or stay,
// host, port, user, password; plain, starttls or imaps.

import java.util.Properties;

import javax.mail.Folder;
import javax.mail.Message;
import javax.mail.MessagingException;
import javax.mail.Session;
import javax.mail.Store;
import javax.mail.URLName;
import javax.mail.event.StoreEvent;

import com.sun.mail.imap.ReferralException;

public class Fetch {
	// RFC 2221 section 3
	private static final int MAX_HOPS = 10;

	private static void set(Properties properties, String name,
				String value) {
		properties.setProperty("mail.imap." + name, value);
		properties.setProperty("mail.imaps." + name, value);
	}

	private static void printInbox(Store store) throws MessagingException {
		Folder inbox = store.getFolder("INBOX");
		inbox.open(Folder.READ_ONLY);
		for (Message message : inbox.getMessages())
			System.out.println(message.getSubject());
		inbox.close(false);
		store.close();
	}

	private static Store connect(Session session, URLName url,
				     String password)
	throws MessagingException {
		Store store = session.getStore(url.getProtocol());
		store.addStoreListener(event -> {
			if (event.getMessageType() == StoreEvent.ALERT)
				System.out.println(event.getMessage());
		});
		store.connect(url.getHost(), url.getPort(),
			      url.getUsername(), password);
		return store;
	}

	// What the referral says, and who we are where it does not say that.
	private static URLName target(URLName from, ReferralException referral) {
		URLName url = new URLName(referral.getUrl());
		String user = url.getUsername();

		System.out.println("Referred: " + referral.getUrl() + " " +
				   referral.getText());
		if (user != null)
			user = user.split(";", 2)[0];
		if (user == null || user.isEmpty())
			user = from.getUsername();
		return new URLName("imap", url.getHost(), url.getPort(), null,
				   user, null);
	}

	public static void main(String[] args) throws MessagingException {
		boolean follow = args[0].equals("follow");
		String transport = args[5];
		Properties properties = new Properties();
		set(properties, "connectiontimeout", "30000");
		set(properties, "timeout", "30000");
		set(properties, "ssl.checkserveridentity", "true");
		if (!transport.equals("plain")) {
			// an imap:// referral says nothing of TLS
			set(properties, "starttls.enable", "true");
			set(properties, "starttls.required", "true");
		}
		if (follow)
			set(properties, "referralexception", "true");
		Session session = Session.getInstance(properties);
		URLName url = new URLName(
			transport.equals("imaps") ? "imaps" : "imap", args[1],
			Integer.parseInt(args[2]), null, args[3], null);
		for (int hop = 0; hop <= MAX_HOPS; hop++) {
			try {
				printInbox(connect(session, url, args[4]));
				return;
			} catch (ReferralException e) {
				// without the property it comes after a NO
				// all the same: a program that knows nothing
				// of it sees an AuthenticationFailedException
				if (!follow)
					throw e;
				url = target(url, e);
			}
		}
		throw new MessagingException("too many referrals");
	}
}
