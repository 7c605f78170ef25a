import type { Socket } from "socket.io-client";
import { useState, useEffect, useCallback } from "./react";

/** What the document's `SocketContext` provides. */
export const context: { socket: Socket | null; isConnected: boolean } = { socket: null, isConnected: false };
const useSocket = () => context;

// From here on the document's `src/hooks/useChat.ts`, as it stands there.

interface Message {
  _id: string;
  sender: {
    _id: string;
    name: string;
    username: string;
  };
  content: string;
  conversationId: string;
  createdAt: string;
  status: 'sent' | 'delivered' | 'read';
}

interface TypingUser {
  userId: string;
  username: string;
}

export const useChat = (conversationId: string) => {
  const { socket, isConnected } = useSocket();
  const [messages, setMessages] = useState<Message[]>([]);
  const [typingUsers, setTypingUsers] = useState<TypingUser[]>([]);
  const [onlineUsers, setOnlineUsers] = useState<string[]>([]);

  useEffect(() => {
    if (!socket || !conversationId) return;

    // Join the conversation room
    socket.emit('joinRoom', { conversationId });

    // Listen for new messages
    socket.on('newMessage', ({ message, conversationId: convId }) => {
      if (convId === conversationId) {
        setMessages((prev) => [...prev, message]);
      }
    });

    // Listen for typing indicators
    socket.on('userTyping', ({ userId, username, conversationId: convId }) => {
      if (convId === conversationId) {
        setTypingUsers((prev) => {
          if (prev.find((u) => u.userId === userId)) return prev;
          return [...prev, { userId, username }];
        });
      }
    });

    socket.on('userStoppedTyping', ({ userId, conversationId: convId }) => {
      if (convId === conversationId) {
        setTypingUsers((prev) => prev.filter((u) => u.userId !== userId));
      }
    });

    // Listen for read receipts
    socket.on('messageRead', ({ messageId, readBy }) => {
      setMessages((prev) =>
        prev.map((msg) =>
          msg._id === messageId
            ? { ...msg, status: 'read' as const }
            : msg
        )
      );
    });

    // Listen for online users
    socket.on('onlineUsers', (users: string[]) => {
      setOnlineUsers(users);
    });

    socket.on('userStatusChanged', ({ userId, status }) => {
      setOnlineUsers((prev) =>
        status === 'online'
          ? [...new Set([...prev, userId])]
          : prev.filter((id) => id !== userId)
      );
    });

    return () => {
      socket.off('newMessage');
      socket.off('userTyping');
      socket.off('userStoppedTyping');
      socket.off('messageRead');
      socket.off('onlineUsers');
      socket.off('userStatusChanged');
    };
  }, [socket, conversationId]);

  const sendMessage = useCallback(
    (content: string) => {
      if (!socket || !content.trim()) return;

      const tempId = Date.now().toString();
      
      socket.emit('sendMessage', {
        conversationId,
        content: content.trim(),
        type: 'text',
        tempId,
      });

      // Optimistic update
      // setMessages((prev) => [...prev, optimisticMessage]);
    },
    [socket, conversationId]
  );

  const startTyping = useCallback(() => {
    if (!socket) return;
    socket.emit('typing', { conversationId });
  }, [socket, conversationId]);

  const stopTyping = useCallback(() => {
    if (!socket) return;
    socket.emit('stopTyping', { conversationId });
  }, [socket, conversationId]);

  const markAsRead = useCallback(
    (messageId: string) => {
      if (!socket) return;
      socket.emit('markAsRead', { conversationId, messageId });
    },
    [socket, conversationId]
  );

  return {
    messages,
    typingUsers,
    onlineUsers,
    sendMessage,
    startTyping,
    stopTyping,
    markAsRead,
    isConnected,
  };
};
